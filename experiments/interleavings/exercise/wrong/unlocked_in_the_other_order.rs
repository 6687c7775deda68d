//! Only the order of giving back is changed. A cycle comes from the order of taking.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('b'), Load('y'), Add(1), Store('y'),
        Unlock('a'), Unlock('b'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'),
        Lock('a'), Load('x'), Add(1), Store('x'),
        Unlock('b'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
