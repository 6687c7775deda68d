//! In one order, and A keeps the second lock at its end.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a'),
        Lock('b'), Load('y'), Add(1), Store('y'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
        Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
