//! Hands a job out until it is done, so that none can be lost: several workers do the same one.

use std::collections::{HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

#[derive(Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Job>,
    results: HashMap<Job, u64>,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    fn take(&mut self, _: WorkerId) -> Option<Job> {
        let job = self.waiting.pop_front()?;
        self.waiting.push_back(job);
        Some(job)
    }

    fn finish(&mut self, _: WorkerId, job: Job, result: u64) {
        self.results.entry(job).or_insert(result);
        self.waiting.retain(|waiting| *waiting != job);
    }

    fn died(&mut self, _: WorkerId) {}

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
