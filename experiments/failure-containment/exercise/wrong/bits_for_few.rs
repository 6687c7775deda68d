//! A bit for each job that is done, and there are more jobs than bits.

use std::collections::{HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

#[derive(Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Job>,
    taken: HashMap<WorkerId, Job>,
    results: HashMap<Job, u64>,
    done: u128,
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
        self.taken.remove(&worker);
        self.results.entry(job).or_insert(result);
        self.done |= 1_u128.wrapping_shl(job);
        self.waiting.retain(|waiting| *waiting != job);
    }

    fn died(&mut self, worker: WorkerId) {
        let lost = self.taken.remove(&worker);
        self.waiting
            .extend(lost.filter(|job| self.done & 1_u128.wrapping_shl(*job) == 0));
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
