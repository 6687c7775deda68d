//! Remembers what two workers have, and there may be more of them.

use std::collections::{HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

#[derive(Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Job>,
    taken: [Option<(WorkerId, Job)>; 2],
    results: HashMap<Job, u64>,
}

impl Queue {
    fn taken_from(&mut self, worker: WorkerId) -> Option<Job> {
        let slot = self
            .taken
            .iter_mut()
            .find(|slot| slot.is_some_and(|(has, _)| has == worker))?;
        slot.take().map(|(_, job)| job)
    }
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.waiting.push_back(job);
    }

    fn take(&mut self, worker: WorkerId) -> Option<Job> {
        let job = self.waiting.pop_front()?;
        let free = usize::from(self.taken[0].is_some());
        self.taken[free] = Some((worker, job));
        Some(job)
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        self.taken_from(worker);
        self.results.entry(job).or_insert(result);
        self.waiting.retain(|waiting| *waiting != job);
    }

    fn died(&mut self, worker: WorkerId) {
        let lost = self.taken_from(worker);
        self.waiting.extend(lost.filter(|job| !self.results.contains_key(job)));
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
