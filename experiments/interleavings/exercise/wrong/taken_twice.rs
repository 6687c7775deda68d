//! A takes a lock that it has already, and so waits for itself: such a lock doesn't know its holder.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('a'), Load('y'), Add(1), Store('y'),
        Unlock('a'),
        Unlock('a'),
    ];
    let b = vec![
        Lock('a'), Load('y'), Add(1), Store('y'),
        Load('x'), Add(1), Store('x'),
        Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
