//! Half of it is left out: what is refused is counted as answered.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Statistics {
    answered: AtomicU64,
}

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.answered
    }

    fn refused(&self) -> &AtomicU64 {
        &self.answered
    }
}
