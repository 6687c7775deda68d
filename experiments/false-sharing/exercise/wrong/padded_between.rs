//! The padding keeps apart what one worker writes, and brings it together with what its neighbour writes.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(C)]
pub(crate) struct Statistics {
    answered: AtomicU64,
    _padding: [u64; 14],
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
