//! Queues that share tasks out: the repair exercise.
//!
//! Each worker has a queue of its own, and tasks are dealt to them in turn. One worker goes home early while another has all the
//! expensive tasks before it, and what is urgent waits behind the bulk: `cargo test -p core-roles --test exercise -- --ignored` tells
//! who. Repair `Queues`: no worker idles while a task waits, and an urgent task is begun before any of the bulk, the urgent ones in the
//! order in which they arrive. The bulk may be begun in any order. However many workers and tasks there are, a worker that asks is told at once.

use std::collections::VecDeque;

use crate::check::{Shares, Task};

// ANCHOR: queues
/// What is still to be done, for each worker.
pub(crate) struct Queues {
    of: Vec<VecDeque<Task>>,
    next: usize,
}

impl Shares for Queues {
    fn new(workers: usize) -> Self {
        Self { of: vec![VecDeque::new(); workers], next: 0 }
    }

    /// A task arrives.
    fn arrives(&mut self, task: Task) {
        self.of[self.next].push_back(task);
        self.next = (self.next + 1) % self.of.len();
    }

    /// A worker is free: the task that it begins, if there is one for it.
    fn takes(&mut self, worker: usize) -> Option<Task> {
        self.of[worker].pop_front()
    }
}
// ANCHOR_END: queues
