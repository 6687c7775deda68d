//! The place is looked up in one step and counted in another. A worker that comes between them takes the same place.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = |_| {
        let next = Arc::clone(&next);
        starter.start(move || {
            let mut done = Vec::new();
            loop {
                let place = next.load(SeqCst);
                next.store(place + 1, SeqCst);
                let Some(&number) = numbers.get(place) else { return done };
                done.push((place, job(number)));
            }
        })
    };
    let workers: Vec<_> = (0..WORKERS).map(start).collect();
    let mut results: Vec<_> =
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    results.sort_unstable();
    results.into_iter().map(|(_, result)| result).collect()
}
