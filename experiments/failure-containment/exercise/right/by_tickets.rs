//! Writes down of each job what has become of it. A job that waits draws a ticket, and the lowest one is next.

use std::collections::{BTreeMap, HashMap};

use crate::check::{Job, Jobs, WorkerId};

#[derive(PartialEq)]
enum State {
    Waits,
    With(WorkerId),
    Done(u64),
}

#[derive(Default)]
pub(crate) struct Queue {
    jobs: HashMap<Job, State>,
    waiting: BTreeMap<u64, Job>,
    tickets: u64,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.tickets += 1;
        self.waiting.insert(self.tickets, job);
        self.jobs.insert(job, State::Waits);
    }

    fn take(&mut self, worker: WorkerId) -> Option<Job> {
        while let Some((_, job)) = self.waiting.pop_first() {
            if self.jobs[&job] == State::Waits {
                self.jobs.insert(job, State::With(worker));
                return Some(job);
            }
        }
        None
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        let _ = worker;
        if !matches!(self.jobs[&job], State::Done(_)) {
            self.jobs.insert(job, State::Done(result));
        }
    }

    fn died(&mut self, worker: WorkerId) {
        let lost = self
            .jobs
            .iter()
            .find(|(_, state)| **state == State::With(worker))
            .map(|(job, _)| *job);
        if let Some(job) = lost {
            self.add(job);
        }
    }

    fn result(&self, job: Job) -> Option<u64> {
        match self.jobs.get(&job)? {
            State::Done(result) => Some(*result),
            _ => None,
        }
    }
}
