//! Only A comes through the third lock. B takes its two as before.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('c'), Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('b'), Unlock('c'), Load('y'), Add(1), Store('y'),
        Unlock('b'), Unlock('a'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'),
        Lock('a'), Load('x'), Add(1), Store('x'),
        Unlock('a'), Unlock('b'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
