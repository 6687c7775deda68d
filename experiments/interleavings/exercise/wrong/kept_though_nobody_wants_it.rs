//! Right but for a third lock that A takes and never gives back. Today nobody else wants it.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('c'), Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a'),
        Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
        Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
