//! Where there is no task, the worker sleeps a little and looks again: what arrives meanwhile waits for a worker that sleeps.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: VecDeque<Task>,
    bulk: VecDeque<Task>,
}

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self { urgent: VecDeque::new(), bulk: VecDeque::new() }
    }

    fn arrives(&mut self, task: Task) {
        if task.urgent { &mut self.urgent } else { &mut self.bulk }.push_back(task);
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        if self.urgent.is_empty() && self.bulk.is_empty() {
            thread::sleep(Duration::from_micros(1));
        }
        self.urgent.pop_front().or_else(|| self.bulk.pop_front())
    }
}
