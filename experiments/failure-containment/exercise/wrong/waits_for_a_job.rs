//! Uses a channel as the queue, and waits in it where there is no job: so the supervisor hears of no death any more.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::check::{Job, Jobs, WorkerId};

struct Channel(Sender<Job>, Receiver<Job>);

impl Default for Channel {
    fn default() -> Self {
        let (sender, receiver) = channel();
        Self(sender, receiver)
    }
}

#[derive(Default)]
pub(crate) struct Queue {
    waiting: Channel,
    taken: HashMap<WorkerId, Job>,
    results: HashMap<Job, u64>,
}

impl Jobs for Queue {
    fn add(&mut self, job: Job) {
        self.waiting.0.send(job).unwrap();
    }

    fn take(&mut self, worker: WorkerId) -> Option<Job> {
        let job = self.waiting.1.recv().ok()?;
        self.taken.insert(worker, job);
        Some(job)
    }

    fn finish(&mut self, worker: WorkerId, job: Job, result: u64) {
        self.taken.remove(&worker);
        self.results.entry(job).or_insert(result);
    }

    fn died(&mut self, worker: WorkerId) {
        if let Some(job) = self.taken.remove(&worker) {
            self.waiting.0.send(job).unwrap();
        }
    }

    fn result(&self, job: Job) -> Option<u64> {
        self.results.get(&job).copied()
    }
}
