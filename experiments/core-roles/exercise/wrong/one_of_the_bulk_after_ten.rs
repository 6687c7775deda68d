//! Takes one of the bulk after ten urgent ones, so that the bulk gets on too: on a bad day more than ten wait.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: VecDeque<Task>,
    bulk: VecDeque<Task>,
    urgent_in_a_row: usize,
}

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self { urgent: VecDeque::new(), bulk: VecDeque::new(), urgent_in_a_row: 0 }
    }

    fn arrives(&mut self, task: Task) {
        if task.urgent { &mut self.urgent } else { &mut self.bulk }.push_back(task);
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        let (first, second) = if self.urgent_in_a_row == 10 {
            (&mut self.bulk, &mut self.urgent)
        } else {
            (&mut self.urgent, &mut self.bulk)
        };
        let task = first.pop_front().or_else(|| second.pop_front())?;
        self.urgent_in_a_row =
            if task.urgent { self.urgent_in_a_row % 10 + 1 } else { 0 };
        Some(task)
    }
}
