//! The same work for one plain thread and for a distributed dataflow engine, on one machine and on several.
//!
//! The engine is timely dataflow. There are two kinds of work. The rows of a picture can be computed one by one. The degrees of
//! a graph's nodes are counts, and every record goes to the worker that counts its node.

pub mod cluster;

use std::cell::Cell;
use std::rc::Rc;

use lab::work::mandelbrot_row;
use timely::dataflow::channels::pact::Exchange as ByKey;
use timely::dataflow::operators::vec::{Map, ToStream};
use timely::dataflow::operators::{Exchange, Inspect, Operator, Probe};
use timely::dataflow::{Scope, StreamVec};
use timely::worker::Worker;

/// A kind of work, for one plain thread and for the engine's workers.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Its name. Its variants' names begin with it.
    pub name: &'static str,
    /// The variants: one plain thread, the engine on threads, and the engine on processes.
    pub variants: [&'static str; 3],
    /// One plain thread does all the work and returns the result.
    pub plain: fn(usize) -> u64,
    /// A worker of the engine does its part. Worker 0 returns the result of all workers, and the other workers return 0.
    pub share: fn(&mut Worker, usize) -> u64,
    /// How much work there is by default: a picture's rows, or a graph's edges.
    pub size: usize,
}

/// Both kinds of work.
pub const WORKS: [Work; 2] = [
    Work {
        name: "rows",
        variants: [
            "rows-one-thread",
            "rows-timely-threads",
            "rows-timely-processes",
        ],
        plain: rows,
        share: rows_shared,
        size: 400,
    },
    Work {
        name: "degrees",
        variants: [
            "degrees-one-thread",
            "degrees-timely-threads",
            "degrees-timely-processes",
        ],
        plain: degrees,
        share: degrees_shared,
        size: 4_000_000,
    },
];

// ANCHOR: plain
/// How many iterations a picture of this many rows takes.
pub fn rows(size: usize) -> u64 {
    (0..size).map(|row| mandelbrot_row(row, size)).sum()
}

/// The degrees of a graph's nodes, squared and added up: how many paths of two
/// steps the graph has.
pub fn degrees(edges: usize) -> u64 {
    let mut degrees = vec![0u32; NODES];
    for edge in 0..edges {
        degrees[node(edge) as usize] += 1;
    }
    squares(&degrees)
}
// ANCHOR_END: plain

/// How many nodes the graph has.
pub const NODES: usize = 1 << 20;

/// The node at an edge's end. The graph is made up while it is read, and is the same on every machine. Source of the mixing
/// steps: G. L. Steele, D. Lea and C. H. Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014.
pub fn node(edge: usize) -> u32 {
    let mixed = (edge as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) as u32 % NODES as u32
}

/// The squares of these numbers, added up.
pub fn squares(degrees: &[u32]) -> u64 {
    degrees.iter().map(|degree| u64::from(*degree).pow(2)).sum()
}

// ANCHOR: shared
/// Of n workers, each computes every n-th row. Only the rows' sums go to another
/// worker.
pub fn rows_shared(worker: &mut Worker, size: usize) -> u64 {
    let (me, all) = (worker.index(), worker.peers());
    add_up(worker, |scope| {
        let mine = (me..size).step_by(all);
        mine.to_stream(scope).map(move |row| mandelbrot_row(row, size))
    })
}

/// Of n workers, each reads every n-th edge, and sends its node to the worker that
/// counts this node.
pub fn degrees_shared(worker: &mut Worker, edges: usize) -> u64 {
    let (me, all) = (worker.index(), worker.peers());
    add_up(worker, |scope| {
        let mine = (me..edges).step_by(all).map(node);
        let by_node = ByKey::new(|node: &u32| u64::from(*node));
        mine.to_stream(scope).unary_frontier(by_node, "Degrees", |capability, _| {
            let mut degrees = vec![0u32; NODES.div_ceil(all)];
            let mut until_the_end = Some(capability);
            move |(input, frontier), output| {
                input.for_each(|_, nodes| {
                    for node in nodes.drain(..) {
                        degrees[node as usize / all] += 1;
                    }
                });
                if frontier.is_empty()
                    && let Some(capability) = until_the_end.take()
                {
                    output.session(&capability).give(squares(&degrees));
                }
            }
        })
    })
}

/// Runs a dataflow to its end, on all workers at once. All workers' numbers go to
/// worker 0, which adds them up.
fn add_up(
    worker: &mut Worker,
    part: impl FnOnce(Scope<'_, ()>) -> StreamVec<'_, (), u64>,
) -> u64 {
    let total = Rc::new(Cell::new(0));
    let added = total.clone();
    let probe = worker.dataflow(|scope| {
        part(scope)
            .exchange(|_| 0)
            .inspect(move |number| added.set(added.get() + number))
            .probe()
            .0
    });
    worker.step_or_park_while(None, || !probe.done());
    total.get()
}
// ANCHOR_END: shared
