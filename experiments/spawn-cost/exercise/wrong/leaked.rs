//! Leaked, the counter lives long enough for any thread, and for ever: each call leaves one behind.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let next: &'static AtomicUsize = Box::leak(Box::new(AtomicUsize::new(0)));
    let start = |_| {
        starter.start(move || {
            let mut done = Vec::new();
            loop {
                let place = next.fetch_add(1, Relaxed);
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
