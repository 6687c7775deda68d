//! What a right server must pass: every job is done, once, by threads that were started once. It counts starts and looks at
//! no clock, so it says the same on every machine.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex};
use std::thread::{self, Scope, ScopedJoinHandle, ThreadId};
use std::time::Duration;

/// At most so many threads may be started.
pub(crate) const WORKERS: usize = 4;

const JOBS: u64 = 200;

/// Starts threads, and counts them.
pub(crate) struct Starter<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    started: &'env AtomicUsize,
}

impl<'scope> Starter<'scope, '_> {
    /// Starts a thread that does `work`.
    pub(crate) fn start<R: Send + 'scope>(
        &self,
        work: impl FnOnce() -> R + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, R> {
        self.started.fetch_add(1, Relaxed);
        self.scope.spawn(work)
    }
}

/// A job: from its number to its result. Any thread may do it.
pub(crate) type Job<'env> = &'env (dyn Fn(u64) -> u64 + Sync);

/// What is to be repaired: does the job for each number, and returns the results in the order of the numbers.
pub(crate) type Serve = for<'scope, 'env> fn(&'env [u64], Job<'env>, &Starter<'scope, 'env>) -> Vec<u64>;

/// Lets it serve, and says what is wrong if it isn't right.
pub(crate) fn check(serve: Serve) -> Result<(), String> {
    let numbers: Vec<u64> = (0..JOBS).collect();
    let (started, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (seen, second) = (Mutex::new(BTreeSet::new()), Condvar::new());
    let caller = thread::current().id();
    let alone = AtomicUsize::new(0);
    let job = |number: u64| {
        done.fetch_add(1, Relaxed);
        let mut seen = seen.lock().unwrap();
        seen.insert(id(thread::current().id()));
        second.notify_all();
        if number == 0 {
            // A second thread is to take a job while this one is at work; who waits in vain was alone.
            let waited = second.wait_timeout_while(seen, Duration::from_secs(10), |seen| seen.len() < 2).unwrap();
            alone.fetch_add(usize::from(waited.1.timed_out()), Relaxed);
        }
        number * number
    };
    let results = thread::scope(|scope| serve(&numbers, &job, &Starter { scope, started: &started }));
    let (started, done) = (started.into_inner(), done.into_inner());
    if results != numbers.iter().map(|number| number * number).collect::<Vec<_>>() {
        return Err("the results aren't those of the jobs, in their order".to_owned());
    }
    if done != numbers.len() {
        return Err(format!("{done} jobs were done, and {JOBS} were to be"));
    }
    if seen.into_inner().unwrap().contains(&id(caller)) {
        return Err("the thread that serves did a job itself, and is to wait for its workers only".to_owned());
    }
    if started > WORKERS {
        return Err(format!("{started} threads were started for {JOBS} jobs, and {WORKERS} are enough"));
    }
    if alone.into_inner() > 0 {
        return Err("one thread did a job, and no other took the next one meanwhile".to_owned());
    }
    Ok(())
}

/// A thread's name in a set.
fn id(thread: ThreadId) -> String {
    format!("{thread:?}")
}
