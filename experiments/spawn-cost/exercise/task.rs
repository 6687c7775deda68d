//! A server that starts a thread for each job: the repair exercise.
//!
//! Every job is done, and each pays for a start that takes longer than the job. `cargo test -p spawn-cost --test exercise -- --ignored`
//! counts the starts. Repair `serve` so that `WORKERS` threads share the jobs: as many are at work at a time, while there is enough to do.
//! Each call of `serve` has threads of its own, waits for them, and leaves nothing behind; several calls may come at once. Where a job
//! panics, `serve` panics too.

use crate::check::{Job, Starter};

// ANCHOR: serve
/// Does the job for each number, and returns the results in the order of the
/// numbers.
pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let started: Vec<_> =
        numbers.iter().map(|&number| starter.start(move || job(number))).collect();
    started.into_iter().map(|thread| thread.join().unwrap()).collect()
}
// ANCHOR_END: serve
