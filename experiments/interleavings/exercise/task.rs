//! Two sums and two locks: the repair exercise.
//!
//! Each worker adds one to x and one to y, and each sum has its lock. No addition can be lost, and still the program
//! isn't right: `cargo test -p interleavings --test exercise -- --ignored` tells the shortest way to where it goes wrong. Repair it by
//! its `Lock`s and `Unlock`s alone: the other steps stay, in their order, and every lock that is taken is given back.

use interleavings::Step::{Add, Load, Lock, Store, Unlock};
use interleavings::{Memory, Program};

// ANCHOR: program
/// A adds to x, then to y; B adds to y, then to x. The lock of x is a, that of y is
/// b.
#[rustfmt::skip]
pub(crate) fn program() -> Program {
    let a = vec![
        Lock('a'), Load('x'), Add(1), Store('x'),
        Lock('b'), Load('y'), Add(1), Store('y'),
        Unlock('b'), Unlock('a'),
    ];
    let b = vec![
        Lock('b'), Load('y'), Add(1), Store('y'),
        Lock('a'), Load('x'), Add(1), Store('x'),
        Unlock('a'), Unlock('b'),
    ];
    Program { memory: Memory::Shared, workers: vec![a, b] }
}
// ANCHOR_END: program
