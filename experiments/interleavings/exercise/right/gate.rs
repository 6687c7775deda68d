//! A third lock, under which each worker takes its two: its holder waits only for locks whose holder needs no more.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('c'), Lock('a'), Lock('b'), Unlock('c'),
        Load('x'), Add(1), Store('x'),
        Load('y'), Add(1), Store('y'),
        Unlock('b'), Unlock('a'),
    ];
    let b = vec![
        Lock('c'), Lock('b'), Lock('a'), Unlock('c'),
        Load('y'), Add(1), Store('y'),
        Load('x'), Add(1), Store('x'),
        Unlock('a'), Unlock('b'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
