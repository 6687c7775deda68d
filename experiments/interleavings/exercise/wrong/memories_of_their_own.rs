//! With a memory each, nothing is lost: each worker then has sums of its own, and neither has all additions.

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
    Program { memory: Memory::Separate, workers: vec![a, b] }
}
