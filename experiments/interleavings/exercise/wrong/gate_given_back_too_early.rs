//! A third lock lets one worker at a time take the others, but is given back after the first of them.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('c'), Lock('a'), Unlock('c'), Load('x'), Add(1), Store('x'),
        Lock('b'), Load('y'), Add(1), Store('y'),
        Unlock('b'), Unlock('a'),
    ];
    let b = vec![
        Lock('c'), Lock('b'), Unlock('c'), Load('y'), Add(1), Store('y'),
        Lock('a'), Load('x'), Add(1), Store('x'),
        Unlock('a'), Unlock('b'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
