//! Gives what is urgent to worker 0, which does the bulk when there is nothing urgent. The others don't look whether it is busy.

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
        let urgent = if worker == 0 { self.urgent.pop_front() } else { None };
        urgent.or_else(|| self.bulk.pop_front())
    }
}
