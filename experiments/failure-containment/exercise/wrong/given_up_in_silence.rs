//! Drops a job that was tried fifty times, as a supervisor may, and tells nobody: the job is lost.

use std::collections::{HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

#[derive(Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Job>,
    taken: HashMap<WorkerId, Job>,
    tries: HashMap<Job, u32>,
    results: HashMap<Job, u64>,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    fn take(&mut self, worker: WorkerId) -> Option<Job> {
        let job = self.waiting.pop_front()?;
        *self.tries.entry(job).or_default() += 1;
        self.taken.insert(worker, job);
        Some(job)
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        self.taken.remove(&worker);
        self.results.entry(job).or_insert(result);
        self.waiting.retain(|waiting| *waiting != job);
    }

    fn died(&mut self, worker: WorkerId) {
        let lost = self.taken.remove(&worker).filter(|job| self.tries[job] < 50);
        self.waiting.extend(lost.filter(|job| !self.results.contains_key(job)));
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
