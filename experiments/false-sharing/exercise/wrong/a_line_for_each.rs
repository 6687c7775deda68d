//! A line of `64` bytes for each worker. Some CPUs fetch lines in pairs, and others have lines of `128` bytes: there, two workers
//! still share one.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(align(64))]
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
