//! Both locks first, which is right, and both workers turned round: so their orders still differ.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('b'), Lock('a'), Load('x'), Add(1), Store('x'),
        Load('y'), Add(1), Store('y'),
        Unlock('a'), Unlock('b'),
    ];
    let b = vec![
        Lock('a'), Lock('b'), Load('y'), Add(1), Store('y'),
        Load('x'), Add(1), Store('x'),
        Unlock('b'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
