//! The table: forks between the seats, and everything else that the repairs need.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;

use crate::lock::{ThreadLock, Waiter, Worker};
use crate::watch::Things;

/// A way to eat one meal.
pub type Meal = fn(&Table, &Worker<'_>);

/// A round table with a fork between each two seats. A philosopher needs both forks beside the plate.
///
/// Each part of the table lies on cache lines of its own. If two forks lay on one line, a meal would slow down neighbours that
/// use other forks, and a bench would measure that instead of the locks.
#[derive(Debug)]
pub struct Table {
    forks: Vec<CachePadded<ThreadLock>>,
    /// How often each fork was used. It is counted in two steps, so that the count is right only if nobody else used the fork
    /// at the same time.
    used: Vec<CachePadded<AtomicU64>>,
    seats: usize,
    start: Barrier,
    /// One lock for everything on the table.
    pub whole: CachePadded<ThreadLock>,
    /// The waiter, who keeps a chair empty.
    pub waiter: CachePadded<Waiter>,
}

impl Table {
    /// A table for this many philosophers. One philosopher alone has two forks too.
    pub fn new(philosophers: usize) -> Self {
        let forks = philosophers.max(2);
        Self {
            forks: (0..forks)
                .map(|fork| CachePadded::new(ThreadLock::new(fork)))
                .collect(),
            used: (0..forks).map(|_| CachePadded::new(AtomicU64::new(0))).collect(),
            seats: philosophers,
            start: Barrier::new(philosophers),
            whole: CachePadded::new(ThreadLock::new(forks)),
            waiter: CachePadded::new(Waiter::new(forks + 1, forks - 1)),
        }
    }

    /// The things that philosophers wait for at this table.
    pub fn things(&self) -> Things<'static> {
        Things::Forks(self.forks.len())
    }

    /// Waits until all philosophers are here, in the runs in which they yield between their forks.
    pub fn begin(&self, worker: &Worker<'_>) {
        if worker.gives_way {
            self.start.wait();
        }
    }

    /// The fork at a philosopher's left, and the fork at the right.
    pub fn forks_of(&self, worker: &Worker<'_>) -> (&ThreadLock, &ThreadLock) {
        (&self.forks[worker.number], &self.forks[self.right_of(worker)])
    }

    fn right_of(&self, worker: &Worker<'_>) -> usize {
        (worker.number + 1) % self.forks.len()
    }

    /// Eats with two forks that nobody else uses at the same time.
    pub fn eat(&self, worker: &Worker<'_>) {
        for fork in [worker.number, self.right_of(worker)] {
            let seen = self.used[fork].load(Relaxed);
            worker.let_others_come();
            self.used[fork].store(seen + 1, Relaxed);
        }
        worker.compute();
    }

    /// Eats with two forks that others may use at the same time.
    pub fn eat_atomically(&self, worker: &Worker<'_>) {
        for fork in [worker.number, self.right_of(worker)] {
            self.used[fork].fetch_add(1, Relaxed);
            worker.let_others_come();
        }
        worker.compute();
    }

    /// Waits until all philosophers are here, and checks that each fork was used once for each meal of each of its users.
    ///
    /// # Panics
    /// A count is wrong: two philosophers used a fork at the same time.
    pub fn check_after(&self, meals: u64) {
        self.start.wait();
        let users = |fork: usize| {
            (0..self.seats)
                .filter(|seat| {
                    [*seat, (seat + 1) % self.forks.len()].contains(&fork)
                })
                .count() as u64
        };
        for (fork, used) in self.used.iter().enumerate() {
            assert_eq!(
                used.load(Relaxed),
                meals * users(fork),
                "two philosophers used fork {fork} at the same time"
            );
        }
    }
}
