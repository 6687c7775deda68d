//! How a load was done: which worker did which task, and when.

use std::time::Duration;

use lab::trace::{Event, State};
use serde::{Deserialize, Serialize};

use crate::{Load, Task};

/// A task that was done. Times are in nanoseconds, by a clock that all workers share.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Done {
    /// The task.
    pub task: Task,
    /// When it arrived.
    pub arrived: u64,
    /// When its worker began it.
    pub start: u64,
    /// When it was done.
    pub end: u64,
    /// How long its worker had a CPU for it.
    pub cpu: Duration,
    /// How many iterations it took.
    pub iterations: u64,
}

/// All that was done.
#[derive(Clone, Debug)]
pub struct Run {
    /// When the first worker began, by the clock of the tasks.
    pub began: u64,
    /// What each worker did, in its order.
    pub workers: Vec<Vec<Done>>,
}

impl Run {
    fn urgent(&self) -> impl Iterator<Item = &Done> {
        self.all().filter(|done| matches!(done.task, Task::Urgent(_)))
    }

    fn all(&self) -> impl Iterator<Item = &Done> {
        self.workers.iter().flatten()
    }

    /// How many tasks of the load were done once, with the right result, and not before they arrived.
    pub fn done(&self, load: &Load) -> usize {
        let rightly = |done: &Done| {
            done.start >= done.arrived && load.takes(done.task, done.iterations)
        };
        let once = |task: &Task| {
            let mut of_it = self.all().filter(|done| done.task == *task);
            of_it.next().is_some_and(rightly) && of_it.next().is_none()
        };
        load.tasks().filter(once).count()
    }

    /// Whether all tasks of the load were done in this way, and nothing else.
    pub fn is_whole(&self, load: &Load) -> bool {
        let tasks = load.tasks().count();
        self.done(load) == tasks && self.all().count() == tasks
    }

    /// From the beginning to the end of the last task.
    pub fn makespan(&self) -> Duration {
        let end = self.all().map(|done| done.end).max().unwrap_or(self.began);
        Duration::from_nanos(end.saturating_sub(self.began))
    }

    /// The bound, which no way can beat on this many cores: the CPU time of all tasks divided by the cores, or the CPU time of
    /// the longest task.
    pub fn bound(&self, cores: usize) -> Duration {
        let longest = self.all().map(|done| done.cpu).max().unwrap_or_default();
        longest.max(self.work() / cores as u32)
    }

    /// The CPU time that all tasks took together.
    fn work(&self) -> Duration {
        self.all().map(|done| done.cpu).sum()
    }

    /// The share of this many cores' time without a task, until the end of the last task; from 0 to 1.
    pub fn idle(&self, cores: usize) -> f64 {
        (1.0 - self.work().as_secs_f64()
            / (cores as f64 * self.makespan().as_secs_f64().max(1e-9)))
        .clamp(0.0, 1.0)
    }

    /// How long it took from the arrival of each urgent task to its end.
    pub fn latencies(&self) -> impl Iterator<Item = Duration> {
        self.urgent()
            .map(|done| Duration::from_nanos(done.end.saturating_sub(done.arrived)))
    }

    /// The timeline: for each worker a row with its tasks, and a row that shows when urgent tasks wait and when they are done.
    pub fn rows(&self) -> Vec<(String, Vec<Event>)> {
        let since = |time: u64| time.saturating_sub(self.began);
        let event = |state, name, start, end| Event {
            state,
            name,
            start: since(start),
            end: since(end),
        };
        let runs = |done: &Done| {
            event(State::Runs, done.task.to_string(), done.start, done.end)
        };
        let row = |(worker, done): (usize, &Vec<Done>)| {
            (format!("worker {worker}"), done.iter().map(runs).collect())
        };
        let mut rows: Vec<_> = self.workers.iter().enumerate().map(row).collect();
        let mut urgent: Vec<&Done> = self.urgent().collect();
        urgent.sort_by_key(|done| done.arrived);
        let waits = |done: &Done| {
            event(
                State::Waits,
                "waits for a worker".to_owned(),
                done.arrived,
                done.start,
            )
        };
        rows.push((
            "urgent tasks".to_owned(),
            urgent.into_iter().flat_map(|done| [waits(done), runs(done)]).collect(),
        ));
        rows
    }
}
