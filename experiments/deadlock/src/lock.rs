//! Ordinary locks and pipes that tell the wait-for graph what happens to them.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lab::{RobustMutex, Shared};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::graph::{Graph, Of, What};

/// One of a team of workers, as its work sees it.
#[derive(Clone, Copy, Debug)]
pub struct Worker<'a> {
    /// The worker's number, from 0.
    pub number: usize,
    pub(crate) team: &'a lab::Worker<'a>,
    /// The graph, if somebody watches. In a bench nobody does, since telling the graph would take part of the time.
    pub(crate) graph: Option<&'a Graph>,
    pub(crate) pace: Duration,
    /// Whether the worker yields between its steps. That takes long on a busy machine, where a yield waits for its next turn.
    pub(crate) gives_way: bool,
}

/// The number of runs of a repair in which its workers begin together and yield between their steps.
pub const GIVEN_WAY: u64 = 100;

impl<'a> Worker<'a> {
    /// A worker that nobody watches, for benches.
    pub fn unwatched(team: &'a lab::Worker<'a>) -> Self {
        Self {
            number: team.number,
            team,
            graph: None,
            pace: Duration::ZERO,
            gives_way: false,
        }
    }

    /// The same worker, except that it tells nobody of its locks.
    pub(crate) fn untold(&self) -> Self {
        Self { graph: None, ..*self }
    }

    /// This worker in each of this many runs. After the first hundred runs it works as fast as it can.
    pub fn runs(self, runs: u64) -> impl Iterator<Item = Self> {
        (0..runs).map(move |run| Self {
            gives_way: self.gives_way && run < GIVEN_WAY,
            ..self
        })
    }

    /// Waits until all workers of the team have come here.
    pub fn meet(&self) {
        self.team.meet();
    }

    /// Yields, so that others can come between, in the first runs of a watched team.
    pub fn let_others_come(&self) {
        if self.gives_way {
            thread::yield_now();
        }
    }

    /// Computes for as long as this worker's pace says.
    pub fn compute(&self) {
        if !self.pace.is_zero() {
            let until = Instant::now() + self.pace;
            while Instant::now() < until {
                std::hint::spin_loop();
            }
        }
    }

    /// Counts something for the watcher: retries, bytes.
    pub fn count(&self, more: u64) {
        self.tell(|graph| {
            graph.of(self.number, Of::Counted).fetch_add(more, Relaxed);
        });
    }

    /// Tells the watcher that this worker has done its work.
    pub fn is_done(&self) {
        self.tell(|graph| graph.note(self.number, What::Ends, 0));
    }

    fn tell(&self, what: impl FnOnce(&Graph)) {
        if let Some(graph) = self.graph {
            what(graph);
        }
    }
}

/// A way to let one worker in at a time.
pub trait Exclusive {
    /// A worker that has this value is inside, until the value is dropped.
    type Guard<'a>
    where
        Self: 'a;
    /// Waits until nobody is inside, and goes in.
    fn enter(&self) -> Self::Guard<'_>;
    /// Goes in if nobody is inside.
    fn try_enter(&self) -> Option<Self::Guard<'_>>;
}

/// The way for threads.
impl Exclusive for Mutex<()> {
    type Guard<'a> = MutexGuard<'a, ()>;

    fn enter(&self) -> MutexGuard<'_, ()> {
        self.lock().unwrap()
    }

    fn try_enter(&self) -> Option<MutexGuard<'_, ()>> {
        self.try_lock().ok()
    }
}

/// The way for processes.
impl Exclusive for Shared<RobustMutex> {
    type Guard<'a> = lab::robust::Guard<'a>;

    fn enter(&self) -> lab::robust::Guard<'_> {
        self.lock().expect("this process doesn't hold the mutex")
    }

    fn try_enter(&self) -> Option<lab::robust::Guard<'_>> {
        self.try_lock().expect("a mutex can be tried")
    }
}

/// A lock with a number, by which the graph knows it.
#[derive(Debug)]
pub struct Lock<M> {
    /// The lock's number, from 0.
    pub number: usize,
    mutex: M,
}

/// A lock for threads.
pub type ThreadLock = Lock<Mutex<()>>;

/// A lock for processes, in a mapping that they share.
pub type ProcessLock = Lock<Shared<RobustMutex>>;

impl ThreadLock {
    /// A lock that nobody holds.
    pub fn new(number: usize) -> Self {
        Self { number, mutex: Mutex::new(()) }
    }
}

impl ProcessLock {
    /// A lock that nobody holds.
    ///
    /// # Errors
    /// The kernel refuses the mapping, or the system has no robust mutexes.
    pub fn new(number: usize) -> io::Result<Self> {
        Ok(Self { number, mutex: RobustMutex::shared()? })
    }
}

impl<M: Exclusive> Lock<M> {
    // ANCHOR: lock
    /// Waits until nobody else holds the lock, and takes it. If somebody watches,
    /// the worker tells the graph about the wait before it begins, and about the
    /// lock once the worker holds it.
    pub fn lock<'a>(&'a self, worker: &'a Worker<'a>) -> Held<'a, M> {
        let guard = match worker.graph {
            None => self.mutex.enter(),
            Some(graph) => self.mutex.try_enter().unwrap_or_else(|| {
                graph.waits(worker.number, self.number);
                self.mutex.enter()
            }),
        };
        self.held(worker, guard)
    }

    /// Takes the lock if nobody holds it, and never waits.
    pub fn try_lock<'a>(&'a self, worker: &'a Worker<'a>) -> Option<Held<'a, M>> {
        self.mutex.try_enter().map(|guard| self.held(worker, guard))
    }
    // ANCHOR_END: lock

    fn held<'a>(
        &'a self,
        worker: &'a Worker<'a>,
        guard: M::Guard<'a>,
    ) -> Held<'a, M> {
        worker.tell(|graph| graph.holds(worker.number, self.number));
        Held { worker, number: self.number, _guard: guard }
    }
}

/// A held lock. Dropping this gives the lock back.
#[must_use = "a lock that is dropped is free at once"]
pub struct Held<'a, M: Exclusive + 'a> {
    worker: &'a Worker<'a>,
    number: usize,
    // The lock itself is given back after `drop` has told the graph.
    _guard: M::Guard<'a>,
}

/// A held lock for threads.
pub type HeldByThread<'a> = Held<'a, Mutex<()>>;

impl<M: Exclusive> Drop for Held<'_, M> {
    fn drop(&mut self) {
        self.worker.tell(|graph| graph.frees(self.worker.number, self.number));
    }
}

/// A waiter who lets only a certain number of philosophers sit down at once: a counting semaphore.
#[derive(Debug)]
pub struct Waiter {
    number: usize,
    seated: Mutex<usize>,
    most: usize,
    somebody_left: Condvar,
}

impl Waiter {
    pub(crate) fn new(number: usize, most: usize) -> Self {
        Self { number, seated: Mutex::new(0), most, somebody_left: Condvar::new() }
    }

    /// Waits for a seat.
    pub fn admit<'a>(&'a self, worker: &Worker<'_>) -> Seat<'a> {
        let mut seated = self.seated.lock().unwrap();
        if *seated == self.most {
            worker.tell(|graph| graph.waits(worker.number, self.number));
            while *seated == self.most {
                seated = self.somebody_left.wait(seated).unwrap();
            }
            worker.tell(|graph| graph.goes_on(worker.number, self.number));
        }
        *seated += 1;
        Seat { waiter: self }
    }
}

/// A seat at the table, given back when it is dropped.
#[derive(Debug)]
#[must_use = "a seat that is dropped is free at once"]
pub struct Seat<'a> {
    waiter: &'a Waiter,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        *self.waiter.seated.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.waiter.somebody_left.notify_one();
    }
}

/// A pipe with a number, which tells the graph when it is full.
#[derive(Debug)]
pub struct Pipe {
    number: usize,
    reads: PipeReader,
    writes: PipeWriter,
}

/// The most bytes that a pipe takes in one piece or not at all, so that writing them doesn't block if there was room. Source:
/// pipe(7).
const PIECE: usize = libc::PIPE_BUF;

impl Pipe {
    /// An empty pipe.
    ///
    /// # Errors
    /// The system refuses the pipe.
    pub fn new(number: usize) -> io::Result<Self> {
        let (reads, writes) = io::pipe()?;
        Ok(Self { number, reads, writes })
    }

    /// Notes that this worker reads the pipe.
    pub fn is_drained_by(&self, worker: &Worker<'_>) {
        worker.tell(|graph| graph.serves(worker.number, self.number));
    }

    /// Writes this many bytes and counts them, and waits for room whenever the pipe is full.
    pub fn write(&self, bytes: usize, worker: &Worker<'_>) {
        for _ in 0..bytes / PIECE {
            let full = !self.has_room();
            if full {
                worker.tell(|graph| graph.waits(worker.number, self.number));
            }
            (&self.writes)
                .write_all(&[0; PIECE])
                .expect("this worker has the reading end open too");
            worker.count(PIECE as u64);
            if full {
                worker.tell(|graph| graph.goes_on(worker.number, self.number));
            }
        }
    }

    /// Whether a piece can be written at once.
    pub fn has_room(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut [PollFd::new(&self.writes, PollFlags::OUT)], Some(&now))
            .expect("a pipe can be polled")
            > 0
    }

    /// Reads this many bytes.
    pub fn read(&self, bytes: usize) {
        let mut piece = [0; PIECE];
        for _ in 0..bytes / PIECE {
            (&self.reads)
                .read_exact(&mut piece)
                .expect("this worker has the writing end open too");
        }
    }
}
