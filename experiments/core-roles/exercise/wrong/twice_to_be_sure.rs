//! Leaves a task of the bulk in the queue when a worker begins it, and takes it away with the next: two workers do it.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: VecDeque<Task>,
    bulk: VecDeque<Task>,
    begun: bool,
}

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self { urgent: VecDeque::new(), bulk: VecDeque::new(), begun: false }
    }

    fn arrives(&mut self, task: Task) {
        if task.urgent { &mut self.urgent } else { &mut self.bulk }.push_back(task);
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        self.urgent.pop_front().or_else(|| {
            self.begun = !self.begun;
            if self.begun {
                self.bulk.front().copied()
            } else {
                self.bulk.pop_front()
            }
        })
    }
}
