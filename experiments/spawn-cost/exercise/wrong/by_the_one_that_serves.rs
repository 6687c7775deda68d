//! One worker fewer, and the thread that serves takes a share. It can't take the next call meanwhile.

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let (own, rest) = numbers.split_at(numbers.len() / WORKERS);
    let deal = |share: &'env [u64]| {
        starter.start(move || {
            share.iter().map(|&number| job(number)).collect::<Vec<_>>()
        })
    };
    let workers: Vec<_> =
        rest.chunks(rest.len().div_ceil(WORKERS - 1).max(1)).map(deal).collect();
    let mut results: Vec<u64> = own.iter().map(|&number| job(number)).collect();
    results.extend(workers.into_iter().flat_map(|worker| worker.join().unwrap()));
    results
}
