//! Solutions of the exercise. Try your own before you read this.
//!
//! The cycle needs a worker that holds one lock while it waits for the other. Either nobody does that, or both take the
//! locks in one order. Leaving locks away isn't enough: without the inner ones an addition can be lost.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

// ANCHOR: solution
/// Each lock is held for its own sum only: no worker holds one lock while it waits
/// for the other.
#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a'),
        Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'), Unlock('b'),
        Lock('a'), Load('x'), Add(1), Store('x'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}

/// If both sums must change together, B takes the locks in A's order, though it
/// needs the second one first.
#[rustfmt::skip]
pub(crate) fn program_in_one_order() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('b'), Load('y'), Add(1), Store('y'),
        Unlock('b'), Unlock('a'),
    ];
    let b = vec![
        Lock('a'), Lock('b'), Load('y'), Add(1), Store('y'),
        Load('x'), Add(1), Store('x'),
        Unlock('b'), Unlock('a'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
// ANCHOR_END: solution
