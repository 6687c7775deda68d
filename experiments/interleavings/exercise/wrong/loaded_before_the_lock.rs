//! One lock at a time, taken a step too late: what was loaded before it may be old by then.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Load('x'), Lock('a'), Add(1), Store('x'), Unlock('a'),
        Load('y'), Lock('b'), Add(1), Store('y'), Unlock('b'),
    ];
    let b = vec![
        Load('y'), Lock('b'), Add(1), Store('y'), Unlock('b'),
        Load('x'), Lock('a'), Add(1), Store('x'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
