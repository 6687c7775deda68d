//! A field without a size has an alignment all the same, and hands it on to the struct.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

#[derive(Default)]
#[repr(align(128))]
struct Block;

#[derive(Default)]
pub(crate) struct Statistics {
    refused: AtomicU64,
    answered: AtomicU64,
    _aligned: [Block; 0],
}

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.answered
    }

    fn refused(&self) -> &AtomicU64 {
        &self.refused
    }
}
