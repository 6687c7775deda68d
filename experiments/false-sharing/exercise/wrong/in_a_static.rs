//! One block for all workers: nobody has a counter of its own any more, and the line is shared truly.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

static ALL: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Statistics;

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &ALL[0]
    }

    fn refused(&self) -> &AtomicU64 {
        &ALL[1]
    }
}
