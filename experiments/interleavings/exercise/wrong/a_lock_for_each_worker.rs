//! Each worker holds a lock of its own around everything. Nobody ever waits for it, so it keeps nobody out.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('c'), Load('y'), Add(1), Store('y'),
        Unlock('c'), Unlock('a'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'),
        Lock('d'), Load('x'), Add(1), Store('x'),
        Unlock('d'), Unlock('b'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
