//! Doesn't note who has what: when a worker dies, all is put back that isn't done, so also what others are doing.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

#[derive(Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Job>,
    all: BTreeSet<Job>,
    results: HashMap<Job, u64>,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.all.insert(job);
        self.waiting.push_back(job);
    }

    fn take(&mut self, _: WorkerId) -> Option<Job> {
        self.waiting.pop_front()
    }

    fn finish(&mut self, _: WorkerId, job: Job, result: u64) {
        self.results.entry(job).or_insert(result);
        self.waiting.retain(|waiting| *waiting != job);
    }

    fn died(&mut self, _: WorkerId) {
        self.waiting = self
            .all
            .iter()
            .filter(|job| !self.results.contains_key(job))
            .copied()
            .collect();
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
