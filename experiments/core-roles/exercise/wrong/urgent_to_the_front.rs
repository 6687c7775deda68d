//! Pushes what is urgent to the front of the only queue: the urgent ones are begun in turned order.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues(VecDeque<Task>);

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self(VecDeque::new())
    }

    fn arrives(&mut self, task: Task) {
        if task.urgent {
            self.0.push_front(task);
        } else {
            self.0.push_back(task);
        }
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        self.0.pop_front()
    }
}
