//! As long as a block, and not aligned: an array may begin in the middle of a block, and then the last of a worker's counters lies in
//! the block where its neighbour's first one is.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(C)]
pub(crate) struct Statistics {
    answered: AtomicU64,
    refused: AtomicU64,
    _padding: [u64; 14],
}

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.answered
    }

    fn refused(&self) -> &AtomicU64 {
        &self.refused
    }
}
