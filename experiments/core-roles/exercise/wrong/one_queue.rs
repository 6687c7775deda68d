//! One queue for all, in the order of arrival: nobody idles, and what is urgent waits behind the bulk.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues(VecDeque<Task>);

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self(VecDeque::new())
    }

    fn arrives(&mut self, task: Task) {
        self.0.push_back(task);
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        self.0.pop_front()
    }
}
