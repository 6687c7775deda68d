//! A queue of jobs: the repair exercise.
//!
//! A supervisor hands out jobs to workers, and is told when one has finished or has died. Now and then a job is never done,
//! though every worker that dies is replaced: `cargo test -p failure-containment --test exercise -- --ignored` tells which. Repair `Queue`.
//! What is asked of each call stands at the trait `Jobs` in check.rs.

use std::collections::{HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

// ANCHOR: queue
/// Jobs that wait, and the results that have come.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Job>,
    results: HashMap<Job, u64>,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    /// This worker is free: the job that it gets.
    fn take(&mut self, _worker: WorkerId) -> Option<Job> {
        self.waiting.pop_front()
    }

    /// This worker has finished its job.
    fn finish(&mut self, _worker: WorkerId, job: Job, result: u64) {
        self.results.insert(job, result);
    }

    /// This worker has died. A new one, with a number of its own, will soon ask for
    /// a job.
    fn died(&mut self, _worker: WorkerId) {}

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
// ANCHOR_END: queue
