//! As long as a block, and the two counters in one place that is aligned to 16 bytes: wherever the array begins, no block's border falls
//! between them, so neighbours are a block apart.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(C, align(16))]
pub(crate) struct Statistics {
    counters: [AtomicU64; 2],
    _padding: [u64; 14],
}

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.counters[0]
    }

    fn refused(&self) -> &AtomicU64 {
        &self.counters[1]
    }
}
