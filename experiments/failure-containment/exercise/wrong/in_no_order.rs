//! Keeps the jobs that wait in a set, which has no order but its own: a job may wait as long as there are others.

use std::collections::{HashMap, HashSet};

use crate::check::{Job, Jobs, WorkerId};

#[derive(Default)]
pub(crate) struct Queue {
    waiting: HashSet<Job>,
    taken: HashMap<WorkerId, Job>,
    results: HashMap<Job, u64>,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.waiting.insert(job);
    }

    fn take(&mut self, worker: WorkerId) -> Option<Job> {
        let job = *self.waiting.iter().next()?;
        self.waiting.remove(&job);
        self.taken.insert(worker, job);
        Some(job)
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        self.taken.remove(&worker);
        self.results.entry(job).or_insert(result);
        self.waiting.remove(&job);
    }

    fn died(&mut self, worker: WorkerId) {
        let lost = self.taken.remove(&worker);
        self.waiting.extend(lost.filter(|job| !self.results.contains_key(job)));
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
