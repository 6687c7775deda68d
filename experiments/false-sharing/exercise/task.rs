//! Statistics for each worker: the repair exercise.
//!
//! A server keeps an array of these, one for each worker, and each worker adds to its own. Nothing is shared, and still the
//! workers slow each other down: `cargo test -p false-sharing --test exercise -- --ignored` tells which counters are neighbours. Repair
//! `Statistics`. The counters stay in it, the two of one worker may stay together, and `128` bytes for each worker are enough.

use std::sync::atomic::AtomicU64;

use crate::check::PerWorker;

// ANCHOR: statistics
/// The counters of one worker. Only this worker writes them; a reader reads those
/// of all workers and adds them up.
#[derive(Default)]
pub(crate) struct Statistics {
    answered: AtomicU64,
    refused: AtomicU64,
}
// ANCHOR_END: statistics

impl PerWorker for Statistics {
    fn answered(&self) -> &AtomicU64 {
        &self.answered
    }

    fn refused(&self) -> &AtomicU64 {
        &self.refused
    }
}
