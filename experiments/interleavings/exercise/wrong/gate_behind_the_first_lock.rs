//! A third lock for a worker that takes a second one. But each comes to it with its first in hand, and the one inside waits for that.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('c'), Lock('b'), Unlock('c'), Load('y'), Add(1), Store('y'),
        Unlock('b'), Unlock('a'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'),
        Lock('c'), Lock('a'), Unlock('c'), Load('x'), Add(1), Store('x'),
        Unlock('a'), Unlock('b'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
