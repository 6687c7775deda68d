//! The work: a bulk of tasks that are there from the beginning, and urgent tasks that arrive later.

use std::fmt;
use std::time::Duration;

use clap::ValueEnum;
use lab::work::mandelbrot_row;
use serde::{Deserialize, Serialize};

/// A task, with its number within its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// A task of the bulk.
    Bulk(usize),
    /// A task that arrives while the bulk is done. Somebody waits for its end.
    Urgent(usize),
}

impl fmt::Display for Task {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bulk(number) => write!(to, "task {number}"),
            Self::Urgent(number) => write!(to, "urgent {number}"),
        }
    }
}

/// Whether the tasks of the bulk cost the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Evenness {
    /// All tasks are the same row of a picture
    Even,
    /// Each task is a different row, from the cheapest, at the picture's edge, to the most expensive, in its middle
    Uneven,
}

impl Evenness {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Even, Self::Uneven];

    /// The name, the same in the table and in the book.
    pub fn name(self) -> &'static str {
        match self {
            Self::Even => "even",
            Self::Uneven => "uneven",
        }
    }
}

/// All tasks of a run.
#[derive(Clone, Debug)]
pub struct Load {
    /// For each task of the bulk, its row and how many iterations that takes.
    bulk: Vec<(usize, u64)>,
    arrivals: Vec<Duration>,
}

/// The side of the picture of the Mandelbrot set, in points.
pub const SIZE: usize = 2048;

/// The row that every task of an even bulk computes. It takes about as long as the rows of the upper half do on average.
const EVEN_ROW: usize = 600;

/// The row that an urgent task computes, a cheap one.
const URGENT_ROW: usize = 0;

impl Load {
    /// A bulk of this many tasks, without urgent ones. It does each task once, to know the right result.
    pub fn new(evenness: Evenness, tasks: usize) -> Self {
        let does = |row| (row, mandelbrot_row(row, SIZE));
        let bulk = match evenness {
            Evenness::Even => vec![does(EVEN_ROW); tasks],
            Evenness::Uneven => {
                (0..tasks).map(|task| does(task * (SIZE / 2) / tasks)).collect()
            }
        };
        Self { bulk, arrivals: Vec::new() }
    }

    /// The same bulk, and urgent tasks that arrive at these times after the beginning, in this order.
    pub fn with_urgent(&self, arrivals: Vec<Duration>) -> Self {
        Self { arrivals, ..self.clone() }
    }

    /// How many tasks the bulk has.
    pub fn bulk(&self) -> usize {
        self.bulk.len()
    }

    /// How many urgent tasks arrive.
    pub fn urgent(&self) -> usize {
        self.arrivals.len()
    }

    /// All tasks, first those of the bulk.
    pub fn tasks(&self) -> impl Iterator<Item = Task> + use<> {
        (0..self.bulk()).map(Task::Bulk).chain((0..self.urgent()).map(Task::Urgent))
    }

    /// How long after the beginning a task arrives.
    pub fn arrival(&self, task: Task) -> Duration {
        match task {
            Task::Bulk(_) => Duration::ZERO,
            Task::Urgent(number) => self.arrivals[number],
        }
    }

    /// The block of the bulk that is one worker's share, if there are this many workers.
    pub fn block(
        &self,
        worker: usize,
        workers: usize,
    ) -> impl Iterator<Item = Task> + use<> {
        (worker * self.bulk() / workers..(worker + 1) * self.bulk() / workers)
            .map(Task::Bulk)
    }

    /// Does a task, and returns how many iterations it took.
    pub fn does(&self, task: Task) -> u64 {
        match task {
            Task::Bulk(number) => mandelbrot_row(self.bulk[number].0, SIZE),
            Task::Urgent(_) => mandelbrot_row(URGENT_ROW, SIZE),
        }
    }

    /// Whether this task takes this many iterations.
    pub fn takes(&self, task: Task, iterations: u64) -> bool {
        match task {
            Task::Bulk(number) => self.bulk[number].1 == iterations,
            Task::Urgent(_) => self.does(task) == iterations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_tasks_take_the_same_and_uneven_ones_more_and_more() {
        let [even, uneven] = Evenness::ALL.map(|evenness| Load::new(evenness, 64));
        let cost = |load: &Load, number| load.does(Task::Bulk(number));
        assert_eq!(cost(&even, 0), cost(&even, 63));
        assert!(cost(&uneven, 63) > 20 * cost(&uneven, 0));
        assert!(
            (0..64)
                .all(|number| uneven
                    .takes(Task::Bulk(number), cost(&uneven, number)))
        );
        assert!(!uneven.takes(Task::Bulk(0), cost(&uneven, 1)));
        let whole: u64 = (0..64).map(|number| cost(&uneven, number)).sum();
        assert!(
            (0.8..1.25).contains(&(64.0 * cost(&even, 0) as f64 / whole as f64))
        );
        assert!(
            20 * even.does(Task::Urgent(0)) < whole / 64,
            "an urgent task is short"
        );
    }
}
