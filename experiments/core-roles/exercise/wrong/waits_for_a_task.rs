//! Takes the bulk from a channel, and waits in it when there is nothing: a worker that waits so doesn't look for what is urgent.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::check::{Shares, Task};

pub(crate) struct Queues {
    urgent: VecDeque<Task>,
    sender: Sender<Task>,
    bulk: Receiver<Task>,
}

impl Shares for Queues {
    fn new(_workers: usize) -> Self {
        let (sender, bulk) = channel();
        Self { urgent: VecDeque::new(), sender, bulk }
    }

    fn arrives(&mut self, task: Task) {
        if task.urgent {
            self.urgent.push_back(task);
        } else {
            self.sender.send(task).unwrap();
        }
    }

    fn takes(&mut self, _worker: usize) -> Option<Task> {
        self.urgent.pop_front().or_else(|| self.bulk.recv().ok())
    }
}
