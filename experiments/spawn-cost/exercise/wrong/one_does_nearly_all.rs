//! Four workers, of which three have one job each. They are there, and don't share the work.

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let few = numbers.len().min(WORKERS - 1);
    let deal = |share: &'env [u64]| {
        starter.start(move || {
            share.iter().map(|&number| job(number)).collect::<Vec<_>>()
        })
    };
    let shares = numbers[..few].chunks(1).chain([&numbers[few..]]);
    let workers: Vec<_> = shares.map(deal).collect();
    workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
}
