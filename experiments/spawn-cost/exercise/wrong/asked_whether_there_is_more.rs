//! It asks whether there is one more, and takes one in another step. Meanwhile somebody else has taken the last.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

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
            while next.load(Relaxed) < numbers.len() {
                let place = next.fetch_add(1, Relaxed);
                done.push((place, job(numbers[place])));
            }
            done
        })
    };
    let workers: Vec<_> = (0..WORKERS).map(start).collect();
    let mut results: Vec<_> =
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    results.sort_unstable();
    results.into_iter().map(|(_, result)| result).collect()
}
