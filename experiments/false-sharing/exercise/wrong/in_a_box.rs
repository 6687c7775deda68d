//! The array holds pointers, and the counters lie wherever the allocator puts them: side by side too, if it likes.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
struct Counters {
    answered: AtomicU64,
    refused: AtomicU64,
}

#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Statistics {
    counters: Box<Counters>,
}

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.counters.answered
    }

    fn refused(&self) -> &AtomicU64 {
        &self.counters.refused
    }
}
