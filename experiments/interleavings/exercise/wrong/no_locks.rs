//! No locks, no deadlock: the additions are lost instead.

use interleavings::Step::{Add, Load, Store};
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Load('x'), Add(1), Store('x'),
        Load('y'), Add(1), Store('y'),
    ];
    let b = vec![
        Load('y'), Add(1), Store('y'),
        Load('x'), Add(1), Store('x'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
