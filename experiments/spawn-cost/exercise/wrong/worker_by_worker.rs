//! Dealt out in turns, and gathered worker by worker: the results don't stand in the order of the numbers.

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let deal = |worker| {
        starter.start(move || {
            numbers
                .iter()
                .skip(worker)
                .step_by(WORKERS)
                .map(|&n| job(n))
                .collect::<Vec<_>>()
        })
    };
    let workers: Vec<_> = (0..WORKERS).map(deal).collect();
    workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
}
