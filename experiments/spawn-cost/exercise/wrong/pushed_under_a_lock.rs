//! The lock is taken before what is pushed is known: it is held while the job is done.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let shared = Arc::new((AtomicUsize::new(0), Mutex::new(Vec::new())));
    let start = |_| {
        let shared = Arc::clone(&shared);
        starter.start(move || {
            loop {
                let place = shared.0.fetch_add(1, Relaxed);
                let Some(&number) = numbers.get(place) else { return };
                shared.1.lock().unwrap().push((place, job(number)));
            }
        })
    };
    let workers: Vec<_> = (0..WORKERS).map(start).collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    let mut results = shared.1.lock().unwrap().clone();
    results.sort_unstable();
    results.into_iter().map(|(_, result)| result).collect()
}
