//! What is to be done: a bulk of tasks that are there from the beginning, and urgent ones that arrive.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use lab::work::mandelbrot_row;
use serde::{Deserialize, Serialize};

/// A task, by its number among its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// One of the bulk.
    Bulk(usize),
    /// One that arrives while the bulk is done, and whose end somebody waits for.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evenness {
    /// They all do: each is the same row of the picture.
    Even,
    /// They don't: each is another row of the upper half of the picture, from the cheapest to the most expensive.
    Uneven,
}

impl Evenness {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Even, Self::Uneven];

    /// The name, the same in the table and in the book.
    pub fn name(self) -> &'static str {
        match self {
            Self::Even => "even",
            Self::Uneven => "uneven",
        }
    }

    /// The row that is one of so many tasks.
    fn row(self, task: usize, tasks: usize) -> usize {
        match self {
            Self::Even => EVEN_ROW,
            Self::Uneven => task * (SIZE / 2) / tasks,
        }
    }
}

/// All that is to be done.
#[derive(Clone, Debug)]
pub struct Load {
    evenness: Evenness,
    /// How many iterations each task of the bulk takes.
    bulk: Vec<u64>,
    arrivals: Vec<Duration>,
}

/// The side of the Mandelbrot picture that the rows are from, in points.
pub const SIZE: usize = 2048;

/// The row that is every task of an even bulk. It takes about the mean of the rows of the upper half.
const EVEN_ROW: usize = 600;

/// The row that is an urgent task: short.
const URGENT_ROW: usize = 0;

impl Load {
    /// So many tasks to begin with, and no urgent ones. It does all of them once, to know what has to come out.
    pub fn new(evenness: Evenness, tasks: usize) -> Self {
        let (mut bulk, mut last) = (Vec::with_capacity(tasks), None);
        for row in (0..tasks).map(|task| evenness.row(task, tasks)) {
            let iterations = match last {
                Some((same, iterations)) if same == row => iterations,
                _ => mandelbrot_row(row, SIZE),
            };
            last = Some((row, iterations));
            bulk.push(iterations);
        }
        Self { evenness, bulk, arrivals: Vec::new() }
    }

    /// The same, and urgent tasks that arrive at these times after the beginning, in this order.
    pub fn with_urgent(&self, arrivals: Vec<Duration>) -> Self {
        Self { arrivals, ..self.clone() }
    }

    /// Whether the tasks of the bulk cost the same.
    pub fn evenness(&self) -> Evenness {
        self.evenness
    }

    /// How many tasks the bulk has.
    pub fn bulk(&self) -> usize {
        self.bulk.len()
    }

    /// How many urgent tasks arrive.
    pub fn urgent(&self) -> usize {
        self.arrivals.len()
    }

    /// All tasks, those of the bulk first.
    pub fn tasks(&self) -> impl Iterator<Item = Task> + use<> {
        (0..self.bulk()).map(Task::Bulk).chain((0..self.urgent()).map(Task::Urgent))
    }

    /// When a task arrives after the beginning.
    pub fn arrival(&self, task: Task) -> Duration {
        match task {
            Task::Bulk(_) => Duration::ZERO,
            Task::Urgent(number) => self.arrivals[number],
        }
    }

    /// The block of the bulk that is the share of one of so many workers.
    pub fn block(&self, worker: usize, workers: usize) -> Range<usize> {
        worker * self.bulk() / workers..(worker + 1) * self.bulk() / workers
    }

    /// Does a task, and returns how many iterations it took.
    pub fn does(&self, task: Task) -> u64 {
        let row = match task {
            Task::Bulk(number) => self.evenness.row(number, self.bulk()),
            Task::Urgent(_) => URGENT_ROW,
        };
        mandelbrot_row(row, SIZE)
    }

    /// Whether it takes so many iterations to do this task.
    pub fn takes(&self, task: Task, iterations: u64) -> bool {
        match task {
            Task::Bulk(number) => self.bulk[number] == iterations,
            Task::Urgent(_) => mandelbrot_row(URGENT_ROW, SIZE) == iterations,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_the_whole_bulk_and_as_long_as_one_another() {
        for (bulk, workers) in [(40, 2), (41, 3), (3, 5), (480, 64)] {
            let load = Load::new(Evenness::Even, bulk);
            let blocks: Vec<_> = (0..workers).map(|worker| load.block(worker, workers)).collect();
            assert!(blocks.iter().cloned().flatten().eq(0..bulk), "{blocks:?}");
            let lengths = || blocks.iter().map(ExactSizeIterator::len);
            assert!(lengths().max().unwrap() - lengths().min().unwrap() <= 1, "{blocks:?}");
        }
    }

    #[test]
    fn even_tasks_take_the_same_and_uneven_ones_more_and_more() {
        let cost = |load: &Load, number| load.does(Task::Bulk(number));
        let (even, uneven) = (Load::new(Evenness::Even, 64), Load::new(Evenness::Uneven, 64));
        assert_eq!(cost(&even, 0), cost(&even, 63));
        assert!(cost(&uneven, 63) > 20 * cost(&uneven, 0));
        let whole = |load: &Load| (0..64).map(|number| cost(load, number)).sum::<u64>();
        let ratio = whole(&even) as f64 / whole(&uneven) as f64;
        assert!((0.8..1.25).contains(&ratio), "{ratio}");
        assert!((0..64).all(|number| uneven.takes(Task::Bulk(number), cost(&uneven, number))));
        assert!(!uneven.takes(Task::Bulk(0), cost(&uneven, 1)));
        // What is urgent is short.
        assert!(20 * even.does(Task::Urgent(0)) < whole(&uneven) / 64);
    }
}
