//! A solution of the exercise. Try your own before you read this.
//!
//! Padding alone isn't enough: a field `[u8; 112]` makes the struct 128 bytes long, and the array may still begin in the
//! middle of a block, so that one worker's counters lie in two of them, the second of which is its neighbour's first. What is
//! needed is an alignment; the compiler then adds the padding by itself, since a type's size is a multiple of its alignment.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

// ANCHOR: solution
/// The counters of one worker, on a pair of cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Statistics {
    answered: AtomicU64,
    refused: AtomicU64,
}
// ANCHOR_END: solution

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.answered
    }

    fn refused(&self) -> &AtomicU64 {
        &self.refused
    }
}
