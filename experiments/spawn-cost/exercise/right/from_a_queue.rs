//! A queue behind a lock, which is held while a number is taken and not while a job is done. Results come over a channel.

use std::sync::{Arc, Mutex, mpsc};

use crate::check::{Job, Starter, WORKERS};

pub(crate) fn serve<'env>(
    numbers: &'env [u64],
    job: Job<'env>,
    starter: &Starter<'_, 'env>,
) -> Vec<u64> {
    let queue = Arc::new(Mutex::new(numbers.iter().enumerate()));
    let (tell, told) = mpsc::channel();
    for _ in 0..WORKERS {
        let (queue, tell) = (Arc::clone(&queue), tell.clone());
        starter.start(move || {
            loop {
                let next = queue.lock().unwrap().next();
                let Some((place, &number)) = next else { return };
                tell.send((place, job(number))).unwrap();
            }
        });
    }
    drop(tell); // the channel ends when the workers have
    let mut results = vec![0; numbers.len()];
    told.iter().for_each(|(place, result)| results[place] = result);
    results
}
