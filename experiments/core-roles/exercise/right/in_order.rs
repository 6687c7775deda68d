//! One collection, in the order in which tasks are to be begun: what is urgent first, and then by arrival.

use std::collections::BTreeMap;

use crate::check::{Shares, Task};

pub(crate) struct Queues(BTreeMap<(bool, usize), Task>);

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        Self(BTreeMap::new())
    }

    fn arrives(&mut self, task: Task) {
        self.0.insert((!task.urgent, task.number), task);
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        self.0.pop_first().map(|(_, task)| task)
    }
}
