//! The table: forks between the seats, and whatever else the repairs need.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;

use crate::lock::{ThreadLock, Waiter, Worker};
use crate::watch::Things;

/// A way to eat once.
pub type Meal = fn(&Table, &Worker<'_>);

/// A round table: a fork between each two seats, and each philosopher needs both of their own.
///
/// Each part lies on cache lines of its own. Were two forks on one line, each meal would slow down the neighbours' who use
/// other forks, and a bench would measure that instead of the locks.
#[derive(Debug)]
pub struct Table {
    forks: Vec<CachePadded<ThreadLock>>,
    /// How often each fork was used. It is counted in two steps, so that it comes out right only if nobody else uses the
    /// fork meanwhile.
    used: Vec<CachePadded<AtomicU64>>,
    seats: usize,
    start: Barrier,
    /// One lock for everything on the table.
    pub whole: CachePadded<ThreadLock>,
    /// Who keeps a chair empty.
    pub waiter: CachePadded<Waiter>,
}

impl Table {
    /// A table for so many. Somebody alone has two forks too.
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

    /// What is waited for at this table.
    pub fn things(&self) -> Things<'static> {
        Things::Forks(self.forks.len())
    }

    /// Waits until everybody is here, in the runs in which they let each other come.
    pub fn begin(&self, worker: &Worker<'_>) {
        if worker.gives_way {
            self.start.wait();
        }
    }

    /// The fork at a philosopher's left, and the one at the right.
    pub fn forks_of(&self, worker: &Worker<'_>) -> (&ThreadLock, &ThreadLock) {
        (&self.forks[worker.number], &self.forks[self.right_of(worker)])
    }

    fn right_of(&self, worker: &Worker<'_>) -> usize {
        (worker.number + 1) % self.forks.len()
    }

    /// Eats, with two forks that nobody else uses meanwhile.
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

    /// Waits until everybody is here, and looks whether each fork was used as often as so many meals of each need.
    ///
    /// # Panics
    /// It wasn't: two used a fork at the same time.
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
                "two used fork {fork} at the same time"
            );
        }
    }
}
