//! Drops the bulk while something urgent waits, as an overloaded server may: here each task is to be done.

use std::collections::VecDeque;

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
        if task.urgent {
            self.urgent.push_back(task);
        } else if self.urgent.is_empty() {
            self.bulk.push_back(task);
        }
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        self.urgent.pop_front().or_else(|| self.bulk.pop_front())
    }
}
