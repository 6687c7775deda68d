//! A share for each worker, as long as any other's or one longer than the last. Where some jobs take longer than others, workers stand
//! idle, and nothing else is wrong with it.

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let deal = |share: &'env [u64]| {
        starter.start(move || {
            share.iter().map(|&number| job(number)).collect::<Vec<_>>()
        })
    };
    let workers: Vec<_> =
        numbers.chunks(numbers.len().div_ceil(WORKERS).max(1)).map(deal).collect();
    workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
}
