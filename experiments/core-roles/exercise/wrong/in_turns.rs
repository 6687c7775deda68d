//! Takes an urgent task and one of the bulk in turns, so that the bulk gets on too.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: VecDeque<Task>,
    bulk: VecDeque<Task>,
    was_urgent: bool,
}

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self { urgent: VecDeque::new(), bulk: VecDeque::new(), was_urgent: false }
    }

    fn arrives(&mut self, task: Task) {
        if task.urgent { &mut self.urgent } else { &mut self.bulk }.push_back(task);
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        let (first, second) = if self.was_urgent {
            (&mut self.bulk, &mut self.urgent)
        } else {
            (&mut self.urgent, &mut self.bulk)
        };
        let task = first.pop_front().or_else(|| second.pop_front());
        self.was_urgent = task.is_some_and(|task| task.urgent);
        task
    }
}
