//! Keeps all jobs that aren't done in one ring, with the worker that has each. What is taken goes to the back.

use std::collections::{HashMap, VecDeque};

use crate::check::{Job, Jobs, WorkerId};

#[derive(Default)]
pub(crate) struct Queue {
    ring: VecDeque<(Job, Option<WorkerId>)>,
    results: HashMap<Job, u64>,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.ring.push_back((job, None));
    }

    fn take(&mut self, worker: WorkerId) -> Option<Job> {
        let at = self.ring.iter().position(|(_, has)| has.is_none())?;
        let (job, _) = self.ring.remove(at)?;
        self.ring.push_back((job, Some(worker)));
        Some(job)
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        let _ = worker;
        self.ring.retain(|(open, _)| *open != job);
        self.results.entry(job).or_insert(result);
    }

    fn died(&mut self, worker: WorkerId) {
        for (_, has) in self.ring.iter_mut().filter(|(_, has)| *has == Some(worker))
        {
            *has = None;
        }
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
