//! What `crossbeam_utils::CachePadded` does: a wrapper for whatever is to have a block to itself.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(align(128))]
struct Padded<T>(T);

#[derive(Default)]
struct Counters {
    answered: AtomicU64,
    refused: AtomicU64,
}

#[derive(Default)]
pub(crate) struct Statistics(Padded<Counters>);

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.0.0.answered
    }

    fn refused(&self) -> &AtomicU64 {
        &self.0.0.refused
    }
}
