//! The longest of the bulk first, so that no long one is left for the end. The bulk may be done in any order.

use std::collections::{BinaryHeap, VecDeque};

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: VecDeque<Task>,
    /// What each takes, and its number.
    bulk: BinaryHeap<(u64, usize)>,
}

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self { urgent: VecDeque::new(), bulk: BinaryHeap::new() }
    }

    fn arrives(&mut self, task: Task) {
        if task.urgent {
            self.urgent.push_back(task);
        } else {
            self.bulk.push((task.takes, task.number));
        }
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        let longest = |(takes, number)| Task { number, takes, urgent: false };
        self.urgent.pop_front().or_else(|| self.bulk.pop().map(longest))
    }
}
