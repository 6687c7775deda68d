//! A adds for both, and B only takes a lock and gives it back. Nothing is left that could go wrong, and nothing that goes on at once.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Load('x'), Add(1), Store('x'),
        Load('y'), Add(1), Store('y'),
        Load('y'), Add(1), Store('y'),
        Load('x'), Add(1), Store('x'),
    ];
    let b = vec![
        Lock('a'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
