//! Each counter on a block of its own. One worker writes both, so they may lie together; apart they take two blocks for nothing.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(align(128))]
struct Apart(AtomicU64);

#[derive(Default)]
pub(crate) struct Statistics {
    answered: Apart,
    refused: Apart,
}

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.answered.0
    }

    fn refused(&self) -> &AtomicU64 {
        &self.refused.0
    }
}
