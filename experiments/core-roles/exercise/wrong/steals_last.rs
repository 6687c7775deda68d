//! Puts what is urgent to the front of a worker's own queue and steals only when that is empty: an urgent task in another's queue waits.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    of: Vec<VecDeque<Task>>,
    next: usize,
}

impl Shares for Queues {
    fn new(workers: usize) -> Self {
        Self { of: vec![VecDeque::new(); workers], next: 0 }
    }

    fn arrives(&mut self, task: Task) {
        let queue = &mut self.of[self.next];
        let at = if task.urgent {
            queue.iter().take_while(|task| task.urgent).count()
        } else {
            queue.len()
        };
        queue.insert(at, task);
        self.next = (self.next + 1) % self.of.len();
    }

    fn takes(&mut self, worker: usize) -> Option<Task> {
        let own = self.of[worker].pop_front();
        own.or_else(|| self.of.iter_mut().find_map(VecDeque::pop_front))
    }
}
