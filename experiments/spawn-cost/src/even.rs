//! How long a task must take before it pays to hand it over: predicted, and measured.

use std::io;
use std::time::{Duration, Instant};

use lab::team;
use serde::{Deserialize, Serialize};

use crate::helpers::{HandOver, Helper, both_here, empty, one_handed_over};
use crate::{fork, hand_over, median, take_over};

/// How long a task must take before it pays to hand it over.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Even {
    /// How long an empty task takes that is handed over, while the other thread is busy, in nanoseconds: the median.
    pub cost: f64,
    /// How long each of two tasks must take to be done sooner if one is handed over, in nanoseconds; nothing if no length is enough.
    pub even: Option<f64>,
}

/// Finds out in a forked process, which has one thread, how long a task must take before it pays to hand it over. Each length of a
/// task is measured in this many rounds at least: in more if they were over too soon, or if no break-even has been found yet.
///
/// # Errors
/// The system refuses the process or the helper, or it isn't done within [`team::LIMIT`].
pub fn break_even(helper: Helper, rounds: usize) -> io::Result<Even> {
    let child = fork(team::LIMIT, || hand_over(even(helper, rounds)))?;
    take_over(child, team::LIMIT)
}

/// Does what [`break_even`] does, in this process.
fn even(helper: Helper, rounds: usize) -> io::Result<Even> {
    let mut to = helper.make(&std::env::current_exe().unwrap_or_default())?;
    let mut took = |way: Way, roots| -> io::Result<f64> {
        let began = Instant::now();
        way(&mut *to, roots)?;
        Ok(began.elapsed().as_nanos() as f64)
    };
    let mut all = |way: Way, roots| -> io::Result<f64> {
        Ok(median(
            (0..rounds)
                .map(|_| took(way, roots))
                .collect::<io::Result<Vec<_>>>()?,
        ))
    };
    // The first ones find cold caches.
    all(empty, 0)?;
    let about = all(empty, 0)?;
    const MANY: u64 = 10_000;
    let root = all(both_here, MANY)? / (2 * MANY) as f64;
    let tasks =
        LENGTHS.map(|length| (length * about / root).round().max(1.0) as u64);
    let mut costs = Vec::new();
    let mut sides = tasks.map(|_| [Vec::new(), Vec::new()]);
    let began = Instant::now();
    let even = loop {
        // All take turns, so that a disturbance meets them all.
        for _ in 0..rounds {
            costs.push(took(empty, 0)?);
            for (roots, [here, ratios]) in tasks.iter().zip(&mut sides) {
                let both = took(both_here, *roots)?;
                here.push(both / 2.0);
                ratios.push(took(one_handed_over, *roots)? / both);
            }
        }
        let even = crossing(
            &sides
                .each_ref()
                .map(|side| side.each_ref().map(|of| median(of.iter().copied()))),
        );
        // Short tasks need more rounds, to outlast what disturbs them.
        if began.elapsed() > if even.is_some() { ENOUGH } else { GIVES_UP } {
            break even;
        }
    };
    Ok(Even { cost: median(costs), even })
}

/// How long the rounds go on at least, and at most if no length of a task is long enough.
const ENOUGH: Duration = Duration::from_millis(300);
const GIVES_UP: Duration = Duration::from_secs(5);

/// A way to do two tasks.
type Way = fn(&mut dyn HandOver, u64) -> io::Result<f64>;

/// The lengths of a task that are measured, as multiples of the cost of an empty one.
const LENGTHS: [f64; 4] = [0.5, 1.0, 2.0, 4.0];

/// The length of a task at which both ways take as long, from pairs of a length and of the time of handing over, divided by the
/// time of doing both here. Nothing if handing over never gets ahead.
///
/// Handing over takes its cost and, a little more than once, the time of a task; the other way takes that time twice. So the
/// ratio is a straight line over 1 / length, here by least squares.
fn crossing(sides: &[[f64; 2]]) -> Option<f64> {
    let mean = |of: &dyn Fn(&[f64; 2]) -> f64| {
        sides.iter().map(of).sum::<f64>() / sides.len() as f64
    };
    let (x, y) = (mean(&|side| 1.0 / side[0]), mean(&|side| side[1]));
    let both = mean(&|side| (1.0 / side[0] - x) * (side[1] - y));
    let slope = both / mean(&|side| (1.0 / side[0] - x).powi(2));
    // For endless tasks the ratio is this.
    let least = y - slope * x;
    (slope > 0.0 && least < 1.0).then(|| slope / (1.0 - least))
}

#[cfg(test)]
mod tests {
    use super::crossing;

    /// The ratios when handing over costs 100, and each task is slowed down so much by the other.
    fn sides(slowed: f64) -> [[f64; 2]; 4] {
        [50.0, 100.0, 200.0, 400.0]
            .map(|length| [length, (100.0 + slowed * length) / (2.0 * length)])
    }

    #[test]
    fn a_task_as_long_as_the_cost_breaks_even_and_a_longer_one_where_tasks_disturb_each_other()
     {
        let even = |slowed| crossing(&sides(slowed)).unwrap();
        assert!((even(1.0) - 100.0).abs() < 1e-6, "{}", even(1.0));
        assert!((even(1.5) - 200.0).abs() < 1e-6, "{}", even(1.5));
    }

    #[test]
    fn nothing_breaks_even_where_two_at_once_take_as_long_as_one_after_the_other() {
        assert_eq!(crossing(&sides(2.0)), None);
        assert_eq!(crossing(&sides(2.5)), None);
    }
}
