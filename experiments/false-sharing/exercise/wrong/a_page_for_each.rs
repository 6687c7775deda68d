//! A page for each worker: to be on the safe side costs 32 times the memory that is enough.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(align(4096))]
pub(crate) struct Statistics {
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
