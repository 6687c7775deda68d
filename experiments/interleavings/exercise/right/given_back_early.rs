//! Both in one order, and each given back as soon as its sum is done.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('b'), Unlock('a'), Load('y'), Add(1), Store('y'), Unlock('b'),
    ];
    let b = vec![
        Lock('a'), Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
        Load('x'), Add(1), Store('x'),
        Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
