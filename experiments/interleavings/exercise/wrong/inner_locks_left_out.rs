//! Without the inner locks nobody waits while holding one. But A writes y under no lock that B has, and B writes x so.

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
        Lock('b'), Load('y'), Add(1), Store('y'),
        Load('x'), Add(1), Store('x'),
        Unlock('b'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
