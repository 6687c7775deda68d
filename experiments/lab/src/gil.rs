//! A global interpreter lock, as CPython has had it since 3.2.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Span;

/// How long a thread that wants the lock waits before it asks for the lock. Source:
/// [`sys.getswitchinterval`](https://docs.python.org/3/library/sys.html#sys.getswitchinterval).
pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

// ANCHOR: gil
/// A lock that a thread holds while it runs the interpreter, and gives up around
/// everything that waits.
///
/// There is no queue: a thread that finds the lock free takes it. A thread that
/// computes and never waits must not keep the lock for ever. So a waiting thread
/// that has seen no switch for a whole interval asks for one, and the holder gives
/// the lock up, to another thread, at its next [checkpoint](Attached::checkpoint).
/// Source: the comment in CPython's
/// [`ceval_gil.c`](https://github.com/python/cpython/blob/main/Python/ceval_gil.c).
#[derive(Debug)]
pub struct Gil {
    state: Mutex<State>,
    /// The lock was given up.
    freed: Condvar,
    /// The lock was taken.
    switched: Condvar,
    /// A thread has waited for an interval.
    requested: AtomicBool,
    interval: Duration,
}

#[derive(Debug)]
struct State {
    held: bool,
    /// How often the lock was taken.
    switches: u64,
}

/// The right of the calling thread to run the interpreter; dropping it gives the
/// lock up.
#[derive(Debug)]
pub struct Attached<'a> {
    gil: &'a Gil,
}

impl Gil {
    /// A lock that nobody has, with this interval.
    pub fn new(interval: Duration) -> Self {
        Self {
            state: Mutex::new(State { held: false, switches: 0 }),
            freed: Condvar::new(),
            switched: Condvar::new(),
            requested: AtomicBool::new(false),
            interval,
        }
    }

    /// Waits for the lock and takes it. A thread that has it already would wait for
    /// itself for ever.
    pub fn attach(&self) -> Attached<'_> {
        self.take();
        Attached { gil: self }
    }

    fn take(&self) {
        let mut state = self.state();
        while state.held {
            let seen = state.switches;
            let waited = self.freed.wait_timeout(state, self.interval);
            let waited = waited.unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            // After a switch, the new holder has an interval of its own.
            if waited.1.timed_out() && state.held && state.switches == seen {
                self.requested.store(true, Ordering::Relaxed);
            }
        }
        state.held = true;
        state.switches += 1;
        // Only a thread that gave the lock up on request waits for this, and a
        // notice that reaches nobody would be a system call too.
        if self.requested.swap(false, Ordering::Relaxed) {
            self.switched.notify_all();
        }
    }

    fn give_up(&self) {
        let mut state = self.state();
        state.held = false;
        self.freed.notify_one();
        // A thread that was asked for the lock waits until another one has it;
        // otherwise it would take the lock again before the other is awake.
        let mine = state.switches;
        while self.requested.load(Ordering::Relaxed) && state.switches == mine {
            let switched = self.switched.wait(state);
            state = switched.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code here panics while it holds this mutex, and a bool and a count
        // are whole at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attached<'_> {
    /// If a thread has asked for the lock, gives it up, takes it again, and says
    /// that another thread had it. Otherwise this is one load. CPython comes here
    /// between two instructions, since 3.10 at most calls and at jumps backwards.
    pub fn checkpoint(&mut self) -> bool {
        let requested = self.gil.requested.load(Ordering::Relaxed);
        if requested {
            self.gil.give_up();
            self.gil.take();
        }
        requested
    }

    /// Gives the lock up while `wait` runs. CPython does so around nearly
    /// everything that may block.
    pub fn detached<R>(&mut self, wait: impl FnOnce() -> R) -> R {
        self.gil.give_up();
        let _takes_it_again = TakesItAgain(self.gil);
        wait()
    }
}

/// Takes the lock again after a wait, even if the wait panicked.
struct TakesItAgain<'a>(&'a Gil);

impl Drop for TakesItAgain<'_> {
    fn drop(&mut self) {
        self.0.take();
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        self.gil.give_up();
    }
}
// ANCHOR_END: gil

/// A thread's own record of when it had the lock, in nanoseconds by a clock that all threads share.
#[derive(Debug)]
pub struct OwnTurns {
    clock: Instant,
    since: u64,
    turns: Vec<Span>,
}

impl OwnTurns {
    /// The first turn begins.
    pub fn begin(clock: Instant) -> Self {
        Self { clock, since: now(clock), turns: Vec::new() }
    }

    /// Comes to a checkpoint. If the thread gave the lock up there, one turn has ended and another has begun.
    pub fn checkpoint(&mut self, attached: &mut Attached<'_>) {
        let end = now(self.clock);
        if attached.checkpoint() {
            self.turns.push(Span { start: self.since, end });
            self.since = now(self.clock);
        }
    }

    /// The last turn ends.
    pub fn end(mut self) -> Vec<Span> {
        self.turns.push(Span { start: self.since, end: now(self.clock) });
        self.turns
    }
}

fn now(clock: Instant) -> u64 {
    clock.elapsed().as_nanos() as u64
}
