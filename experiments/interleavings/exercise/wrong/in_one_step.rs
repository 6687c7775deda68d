//! Each addition in one step needs no lock. It is another program, though.

use interleavings::Step::FetchAdd;
use interleavings::{Memory, Program};

#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        FetchAdd('x', 1),
        FetchAdd('y', 1),
    ];
    let b = vec![
        FetchAdd('y', 1),
        FetchAdd('x', 1),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
