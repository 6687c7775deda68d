//! Each worker adds to a counter of its own. Do counters that are neighbours in memory slow each other down?
//!
//! The variants differ in how a worker adds one, and in whether workers are threads or processes. All of them count in the
//! same kind of memory, with a chosen distance from counter to counter.

mod steps;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use lab::{Placement, Shared, Span, processes_on, team, threads_on};
pub use steps::{FAR, Step, step};
use steps::{fetch_add, load_then_store};

/// A way to count, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Runs the workers of a layout, each of which adds one to its counter this many times.
    pub count: fn(&Layout, u64) -> io::Result<Count>,
    /// The distances at which the variant is measured, in bytes.
    pub distances: &'static [usize],
    /// Whether the variant has one worker alone, for however many the layout has room.
    pub alone: bool,
}

/// Where the workers run, and where their counters lie.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Where the workers run.
    pub placement: Placement,
    /// How many workers there are, at least 1. Each has one counter.
    pub workers: usize,
    /// The bytes from one worker's counter to the next worker's: a multiple of 8, up to a page. At 0 all share one counter.
    pub distance: usize,
    /// The bytes from the beginning of a page, and so of a cache line, to the first worker's counter: a multiple of 8, less
    /// than a page.
    pub offset: usize,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Count {
    /// The values of all counters at the end: one for each worker, or one for all.
    pub counted: Vec<u64>,
    /// When each worker worked.
    pub spans: Vec<Span>,
}

/// The distances: one counter for all, counters side by side, further and further apart, and [far apart](FAR).
const ALL: &[usize] = &[0, 8, 16, 32, 64, 128, 256, FAR];
/// The distances without one counter for all: with a load and a store, workers that share a counter lose updates.
const APART: &[usize] = ALL.split_at(1).1;

/// All variants.
pub const VARIANTS: [Variant; 4] = [
    Variant {
        name: "fetch-add-alone",
        count: fetch_add_threads,
        distances: &[0],
        alone: true,
    },
    Variant {
        name: "fetch-add-threads",
        count: fetch_add_threads,
        distances: ALL,
        alone: false,
    },
    Variant {
        name: "fetch-add-processes",
        count: fetch_add_processes,
        distances: ALL,
        alone: false,
    },
    Variant {
        name: "load-then-store-threads",
        count: load_then_store_threads,
        distances: APART,
        alone: false,
    },
];

// ANCHOR: variants
/// Threads, each with a counter of its own.
pub fn fetch_add_threads(layout: &Layout, times: u64) -> io::Result<Count> {
    let counters = Counters::new(layout)?;
    let team = threads_on(&layout.placement, layout.workers, |worker| {
        fetch_add(counters.of(worker.number), times);
    })?;
    Ok(Count { counted: counters.values(), spans: team.spans })
}

/// Processes instead of threads. Nothing else is changed.
pub fn fetch_add_processes(layout: &Layout, times: u64) -> io::Result<Count> {
    let counters = Counters::new(layout)?;
    let team = processes_on(&layout.placement, layout.workers, |worker| {
        fetch_add(counters.of(worker.number), times);
    })?;
    Ok(Count { counted: counters.values(), spans: team.spans })
}

/// Threads again, with a load and a store for each addition.
pub fn load_then_store_threads(layout: &Layout, times: u64) -> io::Result<Count> {
    let counters = Counters::new(layout)?;
    let team = threads_on(&layout.placement, layout.workers, |worker| {
        load_then_store(counters.of(worker.number), times);
    })?;
    Ok(Count { counted: counters.values(), spans: team.spans })
}
// ANCHOR_END: variants

/// The size of a mapping in bytes, and the greatest distance. It is a multiple of the size of every cache line.
pub const PAGE: usize = 4096;
const COUNTER: usize = size_of::<AtomicU64>();

// ANCHOR: counters
/// The workers' counters, in memory that forked processes share too.
struct Counters<'a> {
    layout: &'a Layout,
    // Each array begins a page, and so a cache line.
    pages: Vec<Shared<[AtomicU64; PAGE / COUNTER]>>,
}

impl<'a> Counters<'a> {
    fn new(layout: &'a Layout) -> io::Result<Self> {
        let last = layout.offset + (layout.workers - 1) * layout.distance;
        let page = |_| Shared::new([const { AtomicU64::new(0) }; PAGE / COUNTER]);
        let pages = (0..=last / PAGE).map(page).collect::<io::Result<_>>()?;
        Ok(Self { layout, pages })
    }

    /// The counter of a worker.
    fn of(&self, worker: usize) -> &AtomicU64 {
        let at = self.layout.offset + worker * self.layout.distance;
        &self.pages[at / PAGE][at % PAGE / COUNTER]
    }
}
// ANCHOR_END: counters

impl Counters<'_> {
    /// The value of each counter.
    fn values(&self) -> Vec<u64> {
        let counters =
            if self.layout.distance == 0 { 1 } else { self.layout.workers };
        (0..counters).map(|worker| self.of(worker).load(Relaxed)).collect()
    }
}

impl Count {
    /// Whether every addition was counted on the counter of its worker.
    pub fn is_exact(&self, layout: &Layout, times: u64) -> bool {
        let (counters, each) = match layout.distance {
            0 => (1, layout.workers as u64 * times),
            _ => (layout.workers, times),
        };
        self.counted.len() == counters
            && self.counted.iter().all(|counted| *counted == each)
    }

    /// The nanoseconds that an addition took its worker: the time from the first start to the last end, divided by the
    /// additions that each worker made. If the workers don't slow each other down, this is the time of a worker alone.
    pub fn cost(&self, times: u64) -> f64 {
        team::elapsed(&self.spans).max(Duration::from_nanos(1)).as_nanos() as f64
            / times as f64
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_step_is_where_costs_fall_for_good() {
        let costs = |costs: [f64; 8]| -> Vec<(usize, f64)> {
            ALL.iter().copied().zip(costs).collect()
        };
        assert_eq!(
            step(&costs([30.0, 31.0, 29.0, 33.0, 6.0, 6.1, 5.9, 6.0])),
            Step::At(64)
        );
        assert_eq!(
            step(&costs([30.0, 31.0, 29.0, 33.0, 20.0, 6.1, 5.9, 6.0])),
            Step::At(128)
        );
        assert_eq!(
            step(&costs([30.0, 5.0, 5.0, 6.0, 7.0, 6.1, 5.9, 6.0])),
            Step::At(8)
        );
        assert_eq!(
            step(&costs([30.0, 31.0, 29.0, 33.0, 6.0, 25.0, 5.9, 6.0])),
            Step::Unclear
        );
        assert_eq!(step(&costs([6.0; 8])), Step::None);
        assert_eq!(
            step(&costs([6.0, 24.0, 25.0, 24.0, 6.0, 6.0, 6.0, 6.0])),
            Step::Unclear,
            "only the first was disturbed"
        );
        assert_eq!(step(&[]), Step::None);
    }

    #[test]
    fn counters_lie_as_far_apart_as_the_layout_says_and_start_where_it_says() {
        for (distance, offset) in
            [(8, 0), (16, 8), (64, 56), (256, 4088), (PAGE, 0), (0, 0)]
        {
            let layout = Layout {
                placement: Placement::FREE,
                workers: 40,
                distance,
                offset,
            };
            let counters = Counters::new(&layout).unwrap();
            let at: Vec<usize> = (0..40)
                .map(|worker| (&raw const *counters.of(worker)).addr())
                .collect();
            let is_there = |(worker, at): (usize, &usize)| {
                at % PAGE == (offset + worker * distance) % PAGE
            };
            assert!(
                at.iter().enumerate().all(is_there),
                "{distance}, {offset}: {at:x?}"
            );
            // Counters on one page have this distance, and each has a place of its own unless the distance is 0.
            let as_far = |pair: &[usize]| {
                pair[0] / PAGE != pair[1] / PAGE || pair[1] - pair[0] == distance
            };
            assert!(at.windows(2).all(as_far), "{distance}, {offset}: {at:x?}");
            assert_eq!(
                BTreeSet::from_iter(&at).len(),
                if distance == 0 { 1 } else { 40 }
            );
        }
    }
}
