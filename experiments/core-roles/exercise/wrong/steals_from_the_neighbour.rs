//! Steals, from the next worker alone: with three or more, a task can wait two seats away.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: VecDeque<Task>,
    of: Vec<VecDeque<Task>>,
    next: usize,
}

impl Shares for Queues {
    fn new(workers: usize) -> Self {
        Self {
            urgent: VecDeque::new(),
            of: vec![VecDeque::new(); workers],
            next: 0,
        }
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
        let neighbour = (worker + 1) % self.of.len();
        let urgent = self.urgent.pop_front();
        urgent
            .or_else(|| self.of[worker].pop_front())
            .or_else(|| self.of[neighbour].pop_back())
    }
}
