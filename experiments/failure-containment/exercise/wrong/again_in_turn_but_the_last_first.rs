//! Takes turns between new jobs and those that have lost a worker, and of these the last one first:
//! one that ends every worker stays on top.

use std::collections::{HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

#[derive(Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Job>,
    again: Vec<Job>,
    is_again: bool,
    taken: HashMap<WorkerId, Job>,
    results: HashMap<Job, u64>,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    fn take(&mut self, worker: WorkerId) -> Option<Job> {
        self.is_again = !self.is_again;
        let (new, again) = (&mut self.waiting, &mut self.again);
        let job = match self.is_again {
            true => again.pop().or_else(|| new.pop_front())?,
            false => new.pop_front().or_else(|| again.pop())?,
        };
        self.taken.insert(worker, job);
        Some(job)
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        self.taken.remove(&worker);
        self.results.entry(job).or_insert(result);
        self.waiting.retain(|waiting| *waiting != job);
        self.again.retain(|waiting| *waiting != job);
    }

    fn died(&mut self, worker: WorkerId) {
        let lost = self.taken.remove(&worker);
        self.again.extend(lost.filter(|job| !self.results.contains_key(job)));
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
