//! A solution of the exercise. Try your own before you read this.
//!
//! The queue forgets a job when a worker takes it, which is too early: nobody has it then but a worker that may die. It has to
//! remember who has what until the result is there. And since a worker that was taken for dead may finish after all, a job that
//! waits again may be done meanwhile.

use std::collections::{HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

// ANCHOR: solution
/// Jobs that wait, jobs that a worker has, and the results that have come.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Job>,
    taken: HashMap<WorkerId, Job>,
    results: HashMap<Job, u64>,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    fn take(&mut self, worker: WorkerId) -> Option<Job> {
        let job = self.waiting.pop_front()?;
        self.taken.insert(worker, job);
        Some(job)
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        self.taken.remove(&worker); // only now is the job out of its hands
        self.results.entry(job).or_insert(result); // the first one counts
        // The worker was taken for dead.
        self.waiting.retain(|waiting| *waiting != job);
    }

    fn died(&mut self, worker: WorkerId) {
        let lost = self.taken.remove(&worker);
        // At the back.
        self.waiting.extend(lost.filter(|job| !self.results.contains_key(job)));
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
// ANCHOR_END: solution
