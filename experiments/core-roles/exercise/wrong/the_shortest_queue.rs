//! Deals each task of the bulk to the queue with the least work in it, as known when the task arrives. A worker that ends early idles all the same.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: VecDeque<Task>,
    of: Vec<VecDeque<Task>>,
}

impl Shares for Queues {
    fn new(workers: usize) -> Self {
        Self { urgent: VecDeque::new(), of: vec![VecDeque::new(); workers] }
    }

    fn arrives(&mut self, task: Task) {
        let work = |queue: &&mut VecDeque<Task>| {
            queue.iter().map(|task| task.takes).sum::<u64>()
        };
        let shortest =
            self.of.iter_mut().min_by_key(work).expect("there are workers");
        if task.urgent { &mut self.urgent } else { shortest }.push_back(task);
    }

    fn takes(&mut self, worker: usize) -> Option<Task> {
        self.urgent.pop_front().or_else(|| self.of[worker].pop_front())
    }
}
