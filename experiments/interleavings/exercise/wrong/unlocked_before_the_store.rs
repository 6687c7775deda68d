//! One lock at a time, given back a step too early: the store comes after it.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Unlock('a'), Store('x'),
        Lock('b'), Load('y'), Add(1), Unlock('b'), Store('y'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Unlock('b'), Store('y'),
        Lock('a'), Load('x'), Add(1), Unlock('a'), Store('x'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
