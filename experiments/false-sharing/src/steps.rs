// What a worker does to its own counter, and what its costs tell.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

// ANCHOR: steps
/// Adds one, `times` times, in one step.
pub(crate) fn fetch_add(counter: &AtomicU64, times: u64) {
    for _ in 0..times {
        counter.fetch_add(1, Relaxed);
    }
}

/// Adds one, `times` times, with a load and a store: no other worker writes here.
pub(crate) fn load_then_store(counter: &AtomicU64, times: u64) {
    for _ in 0..times {
        let seen = counter.load(Relaxed);
        counter.store(seen + 1, Relaxed);
    }
}
// ANCHOR_END: steps

/// A distance in bytes at which neither a line nor a pair of lines holds two counters on any machine: the longest known lines
/// have 256 bytes.
pub const FAR: usize = 512;

/// What the costs at all distances tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// From this distance on, in bytes, an addition costs as much as with counters [far apart](FAR). At shorter distances it
    /// costs as much as with one counter for all.
    At(usize),
    /// No distance costs much more than another: the workers' CPUs are threads of one core, or the workers took turns.
    None,
    /// The costs rise again at a greater distance, or differ in another way: something disturbed the workers.
    Unclear,
}

/// Finds the step in `costs`, pairs of distance and cost, in order of the distance. The first pair is that of one counter for
/// all (0), and the last that of counters [far apart](FAR).
pub fn step(costs: &[(usize, f64)]) -> Step {
    let (Some((0, shared)), Some((FAR, apart))) = (costs.first(), costs.last())
    else {
        return Step::None;
    };
    if *shared < 1.5 * apart {
        let all = || costs.iter().map(|(_, cost)| *cost);
        let is_flat =
            all().fold(0.0, f64::max) < 1.5 * all().fold(f64::INFINITY, f64::min);
        return if is_flat { Step::None } else { Step::Unclear };
    }
    let is_apart = |(_, cost): &&(usize, f64)| cost - apart < shared - cost;
    let mut behind = costs.iter().skip_while(|point| !is_apart(point));
    match behind.next() {
        Some((at, _)) if behind.all(|point| is_apart(&point)) => Step::At(*at),
        _ => Step::Unclear,
    }
}
