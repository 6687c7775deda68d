//! Each takes both, in one order, and gives the first back as soon as it has no more use for it, whatever it has done by then.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Lock('b'), Load('x'), Add(1), Store('x'),
        Unlock('a'), Load('y'), Add(1), Store('y'),
        Unlock('b'),
    ];
    let b = vec![
        Lock('a'), Lock('b'), Unlock('a'), Load('y'), Add(1), Store('y'),
        Load('x'), Add(1), Store('x'),
        Unlock('b'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
