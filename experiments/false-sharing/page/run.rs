//! The chapter's loops, in a browser. `steps.rs` is what the terminal runs.

#[path = "../src/steps.rs"]
#[rustfmt::skip]
#[expect(dead_code, reason = "WebAssembly's stores cost as much as a `fetch_add`, so only that is run")]
mod steps;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::calls::give;
use steps::{Step, step};

/// A page of counters.
type Counters = [AtomicU64; 512];

/// What was measured: the bits of a distance in bytes and of the cost there, for each distance.
type Costs = [[AtomicU64; 2]; 8];

give! {
    /// Adds one, `times` times, to the worker's own counter, which lies `distance` bytes behind the counter of the worker before.
    /// Returns this counter's value at the end.
    fn fetch_add_at_distance(counters: Counters, worker, times: u32, distance: u32) -> f64 {
        let counter = &counters[worker.number * distance as usize / 8 % counters.len()];
        worker.timed(|| steps::fetch_add(counter, times.into()));
        counter.load(Relaxed) as f64
    }

    /// From which distance on an addition costs as much as with the counters far apart: 0 if no distance costs more than another,
    /// -1 if something disturbed the workers.
    fn distance_of_the_step(costs: Costs, _worker) -> f64 {
        let of = |bits: &AtomicU64| f64::from_bits(bits.load(Relaxed));
        match step(&costs.each_ref().map(|[distance, cost]| (of(distance) as usize, of(cost)))) {
            Step::At(distance) => distance as f64,
            Step::None => 0.0,
            Step::Unclear => -1.0,
        }
    }
}
