//! Two queues, and what is urgent lies on a stack: the last one comes first.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: Vec<Task>,
    bulk: VecDeque<Task>,
}

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self { urgent: Vec::new(), bulk: VecDeque::new() }
    }

    fn arrives(&mut self, task: Task) {
        if task.urgent {
            self.urgent.push(task);
        } else {
            self.bulk.push_back(task);
        }
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        self.urgent.pop().or_else(|| self.bulk.pop_front())
    }
}
