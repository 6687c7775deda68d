//! A solution of the exercise. Try your own before you read this.
//!
//! Each worker takes the next number as soon as it has done its last job. To deal the numbers out beforehand, a quarter to
//! each, passes too, and leaves workers idle where some jobs take longer than others.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::check::{Job, Starter, WORKERS};

// ANCHOR: solution
/// Does the job for each number, and returns the results in the order of the
/// numbers.
pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = |_| {
        let next = Arc::clone(&next);
        starter.start(move || {
            let take = || {
                // No other worker gets this place.
                let place = next.fetch_add(1, Relaxed);
                Some((place, *numbers.get(place)?))
            };
            iter::from_fn(take)
                .map(|(place, number)| (place, job(number)))
                .collect::<Vec<_>>()
        })
    };
    let workers: Vec<_> = (0..WORKERS).map(start).collect();
    let mut results: Vec<_> =
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    results.sort_unstable();
    results.into_iter().map(|(_, result)| result).collect()
}
// ANCHOR_END: solution
