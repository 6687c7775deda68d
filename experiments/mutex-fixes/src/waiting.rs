//! How long workers wait for a lock: the same loops, with a watch.
//!
//! Each tries the lock first. Only a worker that doesn't get it at once looks at the clock, before and after it waits, so the
//! others pay nothing. What no clock sees is the time for which a cache line is under way to the one that gets the lock.

use std::io;
use std::ops::DerefMut;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, RwLock};
use std::time::Instant;

use lab::team::Team;
use lab::{RobustMutex, Shared, Usage, processes, threads};

use crate::Section;

/// How long the workers of a team waited.
#[derive(Clone, Copy, Debug)]
pub struct Waited {
    /// The counter's value at the end.
    pub counted: u64,
    /// Of the time that all workers took together, the share in which they waited, from 0 to 1.
    pub share: f64,
    /// How often the kernel put a worker to sleep: its voluntary context switches. A yield is none, for it could go on. Nothing
    /// where the system doesn't count by thread.
    pub sleeps: Option<u64>,
}

// ANCHOR: watch
/// Takes a lock, and adds up how long that takes if it isn't free.
fn watched<G>(waited: &mut u64, try_lock: impl FnOnce() -> Option<G>, lock: impl FnOnce() -> G) -> G {
    try_lock().unwrap_or_else(|| {
        let began = Instant::now();
        let guard = lock();
        *waited += began.elapsed().as_nanos() as u64;
        guard
    })
}
// ANCHOR_END: watch

/// Lets threads add one, `times` times, with the lock held, and watches them.
fn watch<G: DerefMut<Target = u64>>(
    workers: usize,
    times: u64,
    section: Section,
    try_lock: impl Fn() -> Option<G> + Sync,
    lock: impl Fn() -> G + Sync,
) -> io::Result<Waited> {
    let add = |waited: &mut u64| {
        let mut count = watched(waited, &try_lock, &lock);
        section.work();
        *count += 1;
    };
    let team = threads(workers, |_| seen(times, add))?;
    Ok(all(&team, *lock()))
}

/// `mutex_threads` with a watch.
pub(crate) fn mutex_threads(workers: usize, times: u64, section: Section) -> io::Result<Waited> {
    let counter = Mutex::new(0);
    watch(workers, times, section, || counter.try_lock().ok(), || counter.lock().unwrap())
}

/// `rwlock_threads` with a watch.
pub(crate) fn rwlock_threads(workers: usize, times: u64, section: Section) -> io::Result<Waited> {
    let counter = RwLock::new(0);
    watch(workers, times, section, || counter.try_write().ok(), || counter.write().unwrap())
}

/// `parking_lot_threads` with a watch.
pub(crate) fn parking_lot_threads(workers: usize, times: u64, section: Section) -> io::Result<Waited> {
    let counter = parking_lot::Mutex::new(0);
    watch(workers, times, section, || counter.try_lock(), || counter.lock())
}

/// `robust_mutex_processes` with a watch.
pub(crate) fn robust_mutex(workers: usize, times: u64, section: Section) -> io::Result<Waited> {
    let (mutex, counter) = (RobustMutex::shared()?, Shared::new(AtomicU64::new(0))?);
    let add = |waited: &mut u64| {
        let _guard = watched(waited, || mutex.try_lock().unwrap(), || mutex.lock().unwrap());
        section.work();
        counter.store(counter.load(Relaxed) + 1, Relaxed);
    };
    let team = processes(workers, |_| seen(times, add))?;
    Ok(all(&team, counter.load(Relaxed)))
}

/// What one worker saw, which added so many times: nanoseconds in which it waited, and how often it slept.
fn seen(times: u64, add: impl Fn(&mut u64)) -> (u64, u64) {
    let (mut waited, before) = (0, Usage::of_thread());
    (0..times).for_each(|_| add(&mut waited));
    (waited, (Usage::of_thread() - before).voluntary)
}

fn all(team: &Team<(u64, u64)>, counted: u64) -> Waited {
    let waited: u64 = team.results.iter().map(|(waited, _)| waited).sum();
    let worked: u64 = team.spans.iter().map(|span| span.end - span.start).sum();
    let sleeps = cfg!(target_os = "linux").then(|| team.results.iter().map(|(_, sleeps)| sleeps).sum());
    Waited { counted, share: waited as f64 / worked.max(1) as f64, sleeps }
}
