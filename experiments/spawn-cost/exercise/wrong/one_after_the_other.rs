//! Each thread is waited for before the next one is started: one works at a time.

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let mut results = Vec::new();
    for share in numbers.chunks(numbers.len().div_ceil(WORKERS).max(1)) {
        let worker = starter.start(move || {
            share.iter().map(|&number| job(number)).collect::<Vec<_>>()
        });
        results.extend(worker.join().unwrap());
    }
    results
}
