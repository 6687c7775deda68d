//! How long a lock stays with one worker, and how often it calls the kernel: the same additions, with a note of the worker
//! that made the last one.

#[cfg(target_os = "linux")]
use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, RwLock};

use lab::team::Team;
use lab::{RobustMutex, Shared, Span, Usage, Worker, processes, threads};

use crate::Section;
#[cfg(target_os = "linux")]
use crate::futex_lock::FutexLock;

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Held {
    /// The counter's value at the end.
    pub counted: u64,
    /// How often the lock went from one worker to another. Going to its first owner counts too.
    pub hand_overs: u64,
    /// How often the kernel put a worker to sleep: its voluntary context switches. A yield isn't one, since the worker could
    /// go on. Nothing if the system doesn't count by thread.
    pub sleeps: Option<u64>,
    /// How often a worker called the kernel. Only our own lock counts its calls.
    pub calls: Option<u64>,
    /// When each worker worked.
    pub spans: Vec<Span>,
}

/// A lock, under the name of the repair that has it.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// Runs this many workers, each of which adds one this many times, with this section at each addition.
    pub hold: fn(usize, u64, Section) -> io::Result<Held>,
}

/// All locks.
pub const LOCKS: &[Lock] = &[
    Lock { name: "mutex-threads", hold: mutex_threads },
    #[cfg(target_os = "linux")]
    Lock { name: "futex-threads", hold: futex_threads },
    Lock { name: "parking-lot-threads", hold: parking_lot_threads },
    Lock { name: "rwlock-threads", hold: rwlock_threads },
    Lock { name: "robust-mutex-processes", hold: robust_mutex_processes },
];

// ANCHOR: note
/// A lock and the numbers that it guards, on one cache line as in a `Mutex<u64>`.
#[derive(Default)]
#[repr(align(64))]
struct Guarded<L> {
    lock: L,
    note: Note,
}

/// A counter, the worker that added last, and how often that worker changed.
type Note = [AtomicU64; 3];

/// Adds one. Only the worker that holds the lock calls this.
fn note_one([count, last, hand_overs]: &Note, worker: u64) {
    count.store(count.load(Relaxed) + 1, Relaxed);
    if last.load(Relaxed) != worker {
        last.store(worker, Relaxed);
        hand_overs.store(hand_overs.load(Relaxed) + 1, Relaxed);
    }
}
// ANCHOR_END: note

/// The work of one worker: each addition while it holds what `lock` returns. The result is how often the worker slept.
fn add<G>(
    note: &Note,
    worker: &Worker<'_>,
    times: u64,
    section: Section,
    lock: impl Fn() -> G,
) -> u64 {
    let before = Usage::of_thread();
    for _ in 0..times {
        let _guard = lock();
        section.work();
        note_one(note, worker.number as u64 + 1); // never the 0 that `last` begins with
    }
    (Usage::of_thread() - before).voluntary
}

fn held(note: &Note, team: Team<u64>) -> Held {
    let sleeps = cfg!(target_os = "linux").then(|| team.results.iter().sum());
    let [counted, _, hand_overs] =
        note.each_ref().map(|number| number.load(Relaxed));
    Held { counted, hand_overs, sleeps, calls: None, spans: team.spans }
}

fn mutex_threads(workers: usize, times: u64, section: Section) -> io::Result<Held> {
    let Guarded { lock, note } = &Guarded::<Mutex<()>>::default();
    Ok(held(
        note,
        threads(workers, |worker| {
            add(note, worker, times, section, || lock.lock().unwrap())
        })?,
    ))
}

fn parking_lot_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Held> {
    let Guarded { lock, note } = &Guarded::<parking_lot::Mutex<()>>::default();
    Ok(held(
        note,
        threads(workers, |worker| {
            add(note, worker, times, section, || lock.lock())
        })?,
    ))
}

fn rwlock_threads(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Held> {
    let Guarded { lock, note } = &Guarded::<RwLock<()>>::default();
    Ok(held(
        note,
        threads(workers, |worker| {
            add(note, worker, times, section, || lock.write().unwrap())
        })?,
    ))
}

/// The counter and the lock are in two mappings, so they lie on two cache lines.
fn robust_mutex_processes(
    workers: usize,
    times: u64,
    section: Section,
) -> io::Result<Held> {
    let (lock, note) = (RobustMutex::shared()?, Shared::new(Note::default())?);
    Ok(held(
        &note,
        processes(workers, |worker| {
            add(&note, worker, times, section, || {
                lock.lock().expect("nobody locks it twice")
            })
        })?,
    ))
}

#[cfg(target_os = "linux")]
fn futex_threads(workers: usize, times: u64, section: Section) -> io::Result<Held> {
    let Guarded { lock, note } = &Guarded::<FutexLock>::default();
    let calls = AtomicU64::new(0);
    let team = threads(workers, |worker| {
        let own = Cell::new(0);
        let slept = add(note, worker, times, section, || lock.lock(&own));
        calls.fetch_add(own.get(), Relaxed);
        slept
    })?;
    Ok(Held { calls: Some(calls.into_inner()), ..held(note, team) })
}
