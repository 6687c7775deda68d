//! Two workers and two locks, in a browser. `orders.rs` is what the terminal runs. Here too the locks tell a wait-for graph who
//! holds them, and who waits.

#[path = "../src/orders.rs"]
#[rustfmt::skip]
mod orders;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use crate::calls::{give, yield_now};
use lock::{Lock, Worker};
use orders::{in_one_order, in_opposite_order};

/// The wait-for graph, the two locks, and how far the workers are. All zeros is its beginning; in the standard library's mutex, 0
/// says that nobody holds it.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Table {
    graph: Graph,
    locks: [Mutex<()>; 2],
    /// How many meals each worker has eaten.
    meals: [AtomicU32; 2],
}

/// The edges: 1 more than the number of a worker or a lock, or 0 for none.
#[derive(Debug, Default)]
#[repr(C)]
struct Graph {
    holders: [AtomicU32; 2],
    wanted: [AtomicU32; 2],
    /// How often each worker has changed the graph.
    changes: [AtomicU32; 2],
}

/// What `orders.rs` needs of locks and workers.
mod lock {
    use super::*;
    use std::sync::MutexGuard;

    /// What a lock locks by.
    pub(super) trait Exclusive {
        fn mutex(&self) -> &Mutex<()>;
    }

    impl Exclusive for &Mutex<()> {
        fn mutex(&self) -> &Mutex<()> {
            self
        }
    }

    pub(super) struct Lock<M> {
        pub(super) number: usize,
        pub(super) mutex: M,
    }

    pub(super) struct Worker<'a> {
        pub(super) number: usize,
        pub(super) team: &'a crate::Worker<'a>,
        pub(super) graph: &'a Graph,
        /// Whether the workers meet when each has its first lock.
        pub(super) meets: bool,
    }

    impl Worker<'_> {
        pub(super) fn compute(&self) {}

        pub(super) fn meet(&self) {
            if self.meets {
                self.team.meet();
            }
        }

        pub(super) fn let_others_come(&self) {
            yield_now();
        }
    }

    impl<M: Exclusive> Lock<M> {
        pub(super) fn lock<'a>(&'a self, worker: &'a Worker<'a>) -> Held<'a> {
            let guard = self.mutex.mutex().try_lock().unwrap_or_else(|_| {
                worker.graph.change(worker.number, || {
                    worker.graph.wanted[worker.number & 1].store(1 + self.number as u32, SeqCst);
                });
                self.mutex.mutex().lock().unwrap()
            });
            worker.graph.change(worker.number, || {
                worker.graph.wanted[worker.number & 1].store(0, SeqCst);
                worker.graph.holders[self.number & 1].store(1 + worker.number as u32, SeqCst);
            });
            Held { worker, lock: self.number, _guard: guard }
        }
    }

    /// A held lock. Dropping this gives the lock back, when the graph has been told.
    pub(super) struct Held<'a> {
        worker: &'a Worker<'a>,
        lock: usize,
        _guard: MutexGuard<'a, ()>,
    }

    impl Drop for Held<'_> {
        fn drop(&mut self) {
            self.worker.graph.change(self.worker.number, || self.worker.graph.holders[self.lock & 1].store(0, SeqCst));
        }
    }
}

impl Graph {
    /// A worker counts before it changes anything.
    fn change(&self, worker: usize, change: impl FnOnce()) {
        self.changes[worker & 1].fetch_add(1, SeqCst);
        change();
    }

    /// Whether each worker holds the lock that the other one waits for. As in `graph.rs`, the edges count only if no worker has
    /// begun to change any while they were read: then all were there at one moment, and will be for ever.
    fn has_cycle(&self) -> bool {
        let changes = || [0, 1].map(|worker: usize| self.changes[worker].load(SeqCst));
        let waits_for_the_other = |worker: usize| match self.wanted[worker].load(SeqCst) {
            0 => false,
            lock => self.holders[(lock as usize - 1) & 1].load(SeqCst) as usize == 2 - worker,
        };
        let before = changes();
        waits_for_the_other(0) && waits_for_the_other(1) && before == changes()
    }
}

/// What a worker does with two locks.
trait Way<'a>: Fn(&Lock<&'a Mutex<()>>, &Lock<&'a Mutex<()>>, &Worker<'_>) {}

impl<'a, W: Fn(&Lock<&'a Mutex<()>>, &Lock<&'a Mutex<()>>, &Worker<'_>)> Way<'a> for W {}

/// Eats so many meals in this way, and returns how many.
fn eat<'a>(table: &'a Table, team: &crate::Worker<'_>, meals: u32, meets: bool, way: impl Way<'a>) -> f64 {
    let [a, b] = &table.locks;
    let (a, b) = (Lock { number: 0, mutex: a }, Lock { number: 1, mutex: b });
    let worker = Worker { number: team.number, team, graph: &table.graph, meets };
    let eaten = &table.meals[team.number & 1];
    team.timed(|| {
        for meal in 1..=meals {
            eaten.store(meal, SeqCst);
            way(&a, &b, &worker);
        }
    });
    meals.into()
}

give! {
    /// Worker 0 takes A, then B, and worker 1 takes B, then A; they meet between. It doesn't return.
    fn opposite_order_arranged(table: Table, worker, meals: u32) -> f64 {
        eat(table, worker, meals, true, in_opposite_order)
    }

    /// The same, and they meet by chance. Returns the number of meals, if they never meet; 0 if the workers can't run at the same time.
    fn opposite_order(table: Table, worker, meals: u32) -> f64 {
        if worker.at_once(40.0) { eat(table, worker, meals, false, in_opposite_order) } else { 0.0 }
    }

    /// Both take A, then B. Returns the number of meals.
    fn one_order(table: Table, worker, meals: u32) -> f64 {
        eat(table, worker, meals, false, in_one_order)
    }

    /// For the page, which looks on: at which meal the workers have deadlocked, or 0.
    fn deadlocked_at(table: Table, _worker) -> f64 {
        let at = table.meals.iter().map(|meal| meal.load(SeqCst)).max().unwrap_or(0);
        if table.graph.has_cycle() { at.into() } else { 0.0 }
    }
}
