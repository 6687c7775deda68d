//! Every access is under its lock, but the addition as a whole isn't: between load and store the lock is free.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Unlock('a'), Add(1), Lock('a'), Store('x'), Unlock('a'),
        Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
        Lock('a'), Load('x'), Unlock('a'), Add(1), Lock('a'), Store('x'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
