//! One lock for both sums, and B gives it back after the first.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Load('y'), Add(1), Store('y'),
        Unlock('a'),
    ];
    let b = vec![
        Lock('a'), Load('y'), Add(1), Store('y'), Unlock('a'),
        Load('x'), Add(1), Store('x'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
