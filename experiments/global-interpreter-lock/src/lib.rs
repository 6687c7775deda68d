//! The same work without a lock, under a global interpreter lock built in Rust, and in CPython: what overlaps, what is late,
//! and what is lost?
//!
//! The variants are siblings: they differ in the lock, and in whether workers are threads or processes.

use std::hint::black_box;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lab::gil::{Attached, Gil, OwnTurns, SWITCH_INTERVAL};
use lab::work::square_roots;
use lab::{Shared, Span, Worker, processes, threads};

/// A way to let several workers do the same work, and its name; and, to compare, one thread that does the work of all.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// The work of this many workers, done by one thread.
    pub serially: fn(usize, Work) -> io::Result<Turns>,
    /// The same work, done by this many workers at once.
    pub at_once: fn(usize, Work) -> io::Result<Turns>,
    /// A thread that waits so often, each time for so long, beside a thread that computes. Returns when the second ran, and
    /// from when to when the first was late.
    pub late: Option<fn(usize, Duration) -> io::Result<Turns>>,
}

/// For each worker, when it ran: from its beginning to its end, or with a lock, while it had the lock.
pub type Turns = Vec<Vec<Span>>;

/// What each worker does.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Takes the square roots of this many numbers.
    Compute(u64),
    /// Waits for so long, as for a reply.
    Wait(Duration),
}

/// All variants in which workers share work.
pub const VARIANTS: [Variant; 4] = [
    Variant {
        name: "rust-threads",
        serially: rust_serially,
        at_once: rust_threads,
        late: Some(rust_late),
    },
    Variant {
        name: "rust-processes",
        serially: rust_serially,
        at_once: rust_processes,
        late: None,
    },
    Variant {
        name: "gil-threads",
        serially: gil_serially,
        at_once: gil_threads,
        late: Some(gil_late),
    },
    Variant {
        name: "gil-processes",
        serially: gil_serially,
        at_once: gil_processes,
        late: None,
    },
];

// ANCHOR: variants
/// No lock, and one thread for the work of all workers.
pub fn rust_serially(workers: usize, work: Work) -> io::Result<Turns> {
    let team = threads(1, |_| (0..workers).for_each(|_| without_a_lock(work)))?;
    Ok(team.spans.into_iter().map(|span| vec![span]).collect())
}

/// No lock, and a thread for each worker.
pub fn rust_threads(workers: usize, work: Work) -> io::Result<Turns> {
    let team = threads(workers, |_| without_a_lock(work))?;
    Ok(team.spans.into_iter().map(|span| vec![span]).collect())
}

/// No lock, and a process for each worker.
pub fn rust_processes(workers: usize, work: Work) -> io::Result<Turns> {
    let team = processes(workers, |_| without_a_lock(work))?;
    Ok(team.spans.into_iter().map(|span| vec![span]).collect())
}

/// A lock, and one thread for the work of all workers. Nothing else wants the lock.
pub fn gil_serially(workers: usize, work: Work) -> io::Result<Turns> {
    let (gil, clock) = (Gil::new(SWITCH_INTERVAL), Instant::now());
    Ok(threads(1, |_| {
        (0..workers).flat_map(|_| under(&gil, work, clock)).collect()
    })?
    .results)
}

/// A lock, and a thread for each worker.
pub fn gil_threads(workers: usize, work: Work) -> io::Result<Turns> {
    let (gil, clock) = (Gil::new(SWITCH_INTERVAL), Instant::now());
    Ok(threads(workers, |_| under(&gil, work, clock))?.results)
}

/// A process for each worker, and so a lock for each: every process gets a copy of
/// this lock.
pub fn gil_processes(workers: usize, work: Work) -> io::Result<Turns> {
    let (gil, clock) = (Gil::new(SWITCH_INTERVAL), Instant::now());
    Ok(processes(workers, |_| under(&gil, work, clock))?.results)
}
// ANCHOR_END: variants

// ANCHOR: work
/// What a worker does without a lock.
fn without_a_lock(work: Work) {
    match work {
        Work::Compute(numbers) => _ = black_box(square_roots(0..numbers)),
        Work::Wait(duration) => thread::sleep(duration),
    }
}

/// The same under an interpreter's lock, which the worker gives up while it waits.
fn under(gil: &Gil, work: Work, clock: Instant) -> Vec<Span> {
    let mut attached = gil.attach();
    let mut turns = OwnTurns::begin(clock);
    match work {
        Work::Compute(numbers) => {
            for from in (0..numbers).step_by(STRETCH) {
                black_box(square_roots(from..numbers.min(from + STRETCH as u64)));
                turns.checkpoint(&mut attached);
            }
        }
        Work::Wait(duration) => attached.detached(|| thread::sleep(duration)),
    }
    turns.end()
}
// ANCHOR_END: work

/// How many numbers lie between two checkpoints. They take some microseconds, a thousandth of the switch interval.
const STRETCH: usize = 1000;

// ANCHOR: late
/// Two threads without a lock.
pub fn rust_late(times: usize, pause: Duration) -> io::Result<Turns> {
    let (done, clock) = (AtomicBool::new(false), Instant::now());
    let computes = || {
        let turns = OwnTurns::begin(clock);
        while !done.load(Relaxed) {
            black_box(square_roots(0..STRETCH as u64));
        }
        turns.end()
    };
    let waits = || {
        (0..times).map(|_| late(clock, pause, || thread::sleep(pause))).collect()
    };
    beside(&done, computes, waits)
}

/// Both threads need the lock to run. The second gives it up while it waits.
pub fn gil_late(times: usize, pause: Duration) -> io::Result<Turns> {
    let (done, clock, gil) =
        (AtomicBool::new(false), Instant::now(), Gil::new(SWITCH_INTERVAL));
    let computes = || {
        let mut attached = gil.attach();
        let mut turns = OwnTurns::begin(clock);
        while !done.load(Relaxed) {
            black_box(square_roots(0..STRETCH as u64));
            turns.checkpoint(&mut attached);
        }
        turns.end()
    };
    let waits = || {
        let mut attached = gil.attach();
        (0..times)
            .map(|_| {
                late(clock, pause, || attached.detached(|| thread::sleep(pause)))
            })
            .collect()
    };
    beside(&done, computes, waits)
}
// ANCHOR_END: late

/// How late the wait ended: from the moment when it should have ended to the moment when it did.
fn late(clock: Instant, pause: Duration, wait: impl FnOnce()) -> Span {
    let due = clock.elapsed() + pause;
    wait();
    let [start, end] =
        [due, clock.elapsed().max(due)].map(|moment| moment.as_nanos() as u64);
    Span { start, end }
}

/// Runs two threads. The second tells the first when it is done.
fn beside(
    done: &AtomicBool,
    computes: impl Fn() -> Vec<Span> + Sync,
    waits: impl Fn() -> Vec<Span> + Sync,
) -> io::Result<Turns> {
    let team = threads(2, |worker| match worker.number {
        0 => computes(),
        _ => {
            let late = waits();
            done.store(true, Relaxed);
            late
        }
    });
    Ok(team?.results)
}

/// A way to add to a counter under the lock.
#[derive(Clone, Copy, Debug)]
pub struct Counting {
    /// The name.
    pub name: &'static str,
    /// Lets each of this many threads add one this many times, and returns how much was counted.
    pub count: fn(usize, u64) -> io::Result<u64>,
    /// Whether additions are lost.
    pub loses: bool,
}

/// All ways to count.
pub const COUNTINGS: [Counting; 3] = [
    Counting { name: "gil-switch-inside", count: switch_inside, loses: true },
    Counting { name: "gil-switch-between", count: switch_between, loses: false },
    Counting { name: "gil-own-lock", count: own_lock, loses: false },
];

// ANCHOR: counting
/// The interpreter may switch threads between load and store, since a function is
/// called there.
pub fn switch_inside(workers: usize, times: u64) -> io::Result<u64> {
    count(workers, times, |counter, step, attached, worker| {
        let seen = counter.load(Relaxed);
        call(step, attached, worker);
        counter.store(seen + 1, Relaxed);
    })
}

/// The interpreter may switch threads only between two additions.
pub fn switch_between(workers: usize, times: u64) -> io::Result<u64> {
    count(workers, times, |counter, step, attached, worker| {
        let seen = counter.load(Relaxed);
        counter.store(seen + 1, Relaxed);
        call(step, attached, worker);
    })
}

/// The interpreter may switch inside, but then the other thread waits for a lock of
/// the program's own.
pub fn own_lock(workers: usize, times: u64) -> io::Result<u64> {
    let own = Mutex::new(());
    count(workers, times, |counter, step, attached, worker| {
        {
            // Waiting for this lock without giving up the other would never end.
            let _guard = attached
                .detached(|| own.lock().unwrap_or_else(PoisonError::into_inner));
            let seen = counter.load(Relaxed);
            attached.checkpoint();
            counter.store(seen + 1, Relaxed);
        }
        call(step, attached, worker);
    })
}

/// The function that is called. It is short, but at every thousandth step it waits
/// until all workers are there. So all of them are in the same place at the same
/// time, in every run and on any number of cores.
fn call(step: u64, attached: &mut Attached<'_>, worker: &Worker<'_>) {
    match step % 1000 {
        0 => _ = attached.detached(|| worker.meet()),
        _ => _ = attached.checkpoint(),
    }
}
// ANCHOR_END: counting

/// Lets each of this many threads take this many steps, under one lock, and returns the counter.
fn count(
    workers: usize,
    times: u64,
    step: impl Fn(&AtomicU64, u64, &mut Attached<'_>, &Worker<'_>) + Sync,
) -> io::Result<u64> {
    let (gil, counter) = (Gil::new(SWITCH_INTERVAL), AtomicU64::new(0));
    threads(workers, |worker| {
        let mut attached = gil.attach();
        (0..times).for_each(|number| step(&counter, number, &mut attached, worker));
    })?;
    Ok(counter.into_inner())
}

/// The name of a way in which two workers hold a lock, and a function that returns how many held one at the same instant.
pub type Holding = (&'static str, fn() -> io::Result<usize>);

/// All ways to hold a lock.
pub const HOLDINGS: [Holding; 2] =
    [("gil-threads", held_by_threads), ("gil-processes", held_by_processes)];

// ANCHOR: held
/// Two threads, and one lock.
pub fn held_by_threads() -> io::Result<usize> {
    let (gil, holds) =
        (Gil::new(SWITCH_INTERVAL), [const { AtomicU32::new(0) }; 2]);
    Ok(held_at_once(
        &threads(2, |worker| sees_the_other(&gil, &holds, worker.number))?.results,
    ))
}

/// Two processes, each with its copy of the lock. They share only the memory in
/// which they say that they hold their locks.
pub fn held_by_processes() -> io::Result<usize> {
    let (gil, holds) =
        (Gil::new(SWITCH_INTERVAL), Shared::new([const { AtomicU32::new(0) }; 2])?);
    Ok(held_at_once(
        &processes(2, |worker| sees_the_other(&gil, &holds, worker.number))?
            .results,
    ))
}

/// Takes the lock, says so, and keeps the lock until the other worker has said so,
/// too. False if the lock was given up before that.
fn sees_the_other(gil: &Gil, holds: &[AtomicU32; 2], me: usize) -> bool {
    let mut attached = gil.attach();
    holds[me].store(1, Relaxed);
    while holds[1 - me].load(Relaxed) == 0 {
        // This gives the lock up only to a thread that has waited for a whole
        // interval.
        if attached.checkpoint() {
            return false;
        }
        thread::yield_now();
    }
    true
}

/// If each worker has seen the other hold a lock before it gave up its own, there
/// was an instant at which both held a lock.
fn held_at_once(saw: &[bool]) -> usize {
    if saw.iter().all(|saw| *saw) { saw.len() } else { 1 }
}
// ANCHOR_END: held
