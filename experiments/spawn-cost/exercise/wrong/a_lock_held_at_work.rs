//! What `while let` looks at lives until the end of its body, and so does the guard of the lock: a worker that has a job keeps
//! the others from taking one.

use std::sync::{Arc, Mutex};

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let queue = Arc::new(Mutex::new(numbers.iter().enumerate()));
    let start = |_| {
        let queue = Arc::clone(&queue);
        starter.start(move || {
            let mut done = Vec::new();
            while let Some((place, &number)) = queue.lock().unwrap().next() {
                done.push((place, job(number)));
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
