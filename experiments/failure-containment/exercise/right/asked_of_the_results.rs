//! A job stays in the queue until it is done, at the back once it is taken. Whether somebody has it is looked up.

use std::collections::{HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

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
        let is_free = |job: &Job| {
            !self.results.contains_key(job)
                && !self.taken.values().any(|taken| taken == job)
        };
        let at = self.waiting.iter().position(is_free)?;
        let job = self.waiting.remove(at)?;
        self.waiting.push_back(job);
        self.taken.insert(worker, job);
        Some(job)
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        self.taken.remove(&worker);
        self.results.entry(job).or_insert(result);
        self.waiting.retain(|waiting| *waiting != job);
    }

    fn died(&mut self, worker: WorkerId) {
        self.taken.remove(&worker);
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
