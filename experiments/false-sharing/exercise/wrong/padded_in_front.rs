//! Padding at the other end moves the counters within the struct, and a struct without an alignment begins anywhere.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(C)]
pub(crate) struct Statistics {
    _padding: [u64; 14],
    answered: AtomicU64,
    refused: AtomicU64,
}

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.answered
    }

    fn refused(&self) -> &AtomicU64 {
        &self.refused
    }
}
