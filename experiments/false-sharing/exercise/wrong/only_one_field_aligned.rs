//! One field is aligned, to a line, and the struct with it: it is two lines long, and may begin at the second one of a pair.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(align(64))]
struct Aligned(AtomicU64);

#[derive(Default)]
pub(crate) struct Statistics {
    answered: Aligned,
    refused: AtomicU64,
}

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.answered.0
    }

    fn refused(&self) -> &AtomicU64 {
        &self.refused
    }
}
