//! One queue. What is urgent is put behind the urgent ones that wait already, and before the bulk.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    tasks: VecDeque<Task>,
    urgent: usize,
}

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self { tasks: VecDeque::new(), urgent: 0 }
    }

    fn arrives(&mut self, task: Task) {
        let at = if task.urgent { self.urgent } else { self.tasks.len() };
        self.tasks.insert(at, task);
        self.urgent += usize::from(task.urgent);
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        let task = self.tasks.pop_front()?;
        self.urgent -= usize::from(task.urgent);
        Some(task)
    }
}
