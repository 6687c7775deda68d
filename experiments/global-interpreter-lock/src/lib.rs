//! The same work without a lock, under a global interpreter lock built in Rust, and in CPython: what overlaps, who is late, and
//! what is lost?
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

/// A way to have several workers do the same, under its name, beside one thread that does it for all of them.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// The work of so many workers, one after the other on one thread.
    pub serially: fn(usize, Work) -> io::Result<Turns>,
    /// The same by so many workers at once.
    pub at_once: fn(usize, Work) -> io::Result<Turns>,
    /// A thread that waits so often, each time for so long, beside one that computes: when that one ran, and from when to when
    /// the waiting one was late.
    pub late: Option<fn(usize, Duration) -> io::Result<Turns>>,
}

/// For each worker, when it ran: from the first moment to the last, or where there is a lock, as long as it had that.
pub type Turns = Vec<Vec<Span>>;

/// What each worker does.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// It takes the square root of so many numbers.
    Compute(u64),
    /// It waits for so long, as for a reply.
    Wait(Duration),
}

/// All variants of work that is shared out.
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
/// No lock, and one thread for the work of all.
pub fn rust_serially(workers: usize, work: Work) -> io::Result<Turns> {
    let team = threads(1, |_| (0..workers).for_each(|_| without_a_lock(work)))?;
    Ok(team.spans.into_iter().map(|span| vec![span]).collect())
}

/// No lock, and a thread for each.
pub fn rust_threads(workers: usize, work: Work) -> io::Result<Turns> {
    let team = threads(workers, |_| without_a_lock(work))?;
    Ok(team.spans.into_iter().map(|span| vec![span]).collect())
}

/// No lock, and a process for each.
pub fn rust_processes(workers: usize, work: Work) -> io::Result<Turns> {
    let team = processes(workers, |_| without_a_lock(work))?;
    Ok(team.spans.into_iter().map(|span| vec![span]).collect())
}

/// A lock, and one thread for the work of all: nobody else wants it.
pub fn gil_serially(workers: usize, work: Work) -> io::Result<Turns> {
    let (gil, clock) = (Gil::new(SWITCH_INTERVAL), Instant::now());
    Ok(threads(1, |_| {
        (0..workers).flat_map(|_| under(&gil, work, clock)).collect()
    })?
    .results)
}

/// A lock, and a thread for each.
pub fn gil_threads(workers: usize, work: Work) -> io::Result<Turns> {
    let (gil, clock) = (Gil::new(SWITCH_INTERVAL), Instant::now());
    Ok(threads(workers, |_| under(&gil, work, clock))?.results)
}

/// A process for each, and so a lock for each: this one is copied into every
/// process.
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

/// The same as an interpreter would do it: with the lock, but for the time in which
/// it waits.
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

/// So many numbers lie between two checkpoints: some microseconds, a thousandth of the switch interval.
const STRETCH: usize = 1000;

// ANCHOR: late
/// No lock.
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

/// Both need the lock to run, and the waiting one gives it up while it waits.
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

/// How late it is after a wait: from when that should have ended to when it did.
fn late(clock: Instant, pause: Duration, wait: impl FnOnce()) -> Span {
    let due = clock.elapsed() + pause;
    wait();
    let [start, end] =
        [due, clock.elapsed().max(due)].map(|moment| moment.as_nanos() as u64);
    Span { start, end }
}

/// Two threads, of which the second tells the first when it is done.
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

/// A way to add to a counter under the lock, and what comes of it.
#[derive(Clone, Copy, Debug)]
pub struct Counting {
    /// The name.
    pub name: &'static str,
    /// Lets so many threads add one so often, each; returns how much was counted.
    pub count: fn(usize, u64) -> io::Result<u64>,
    /// Whether it loses updates.
    pub loses: bool,
}

/// All ways to count.
pub const COUNTINGS: [Counting; 3] = [
    Counting { name: "gil-switch-inside", count: switch_inside, loses: true },
    Counting { name: "gil-switch-between", count: switch_between, loses: false },
    Counting { name: "gil-own-lock", count: own_lock, loses: false },
];

// ANCHOR: counting
/// The interpreter may switch between the load and the store, since something is
/// called there.
pub fn switch_inside(workers: usize, times: u64) -> io::Result<u64> {
    count(workers, times, |counter, step, attached, worker| {
        let seen = counter.load(Relaxed);
        call(step, attached, worker);
        counter.store(seen + 1, Relaxed);
    })
}

/// It may switch between two increments only.
pub fn switch_between(workers: usize, times: u64) -> io::Result<u64> {
    count(workers, times, |counter, step, attached, worker| {
        let seen = counter.load(Relaxed);
        counter.store(seen + 1, Relaxed);
        call(step, attached, worker);
    })
}

/// It may switch inside, and whoever it switches to waits for a lock of the
/// program's own.
pub fn own_lock(workers: usize, times: u64) -> io::Result<u64> {
    let own = Mutex::new(());
    count(workers, times, |counter, step, attached, worker| {
        {
            // Who waited for this lock and kept the other one would wait for ever.
            let _guard = attached
                .detached(|| own.lock().unwrap_or_else(PoisonError::into_inner));
            let seen = counter.load(Relaxed);
            attached.checkpoint();
            counter.store(seen + 1, Relaxed);
        }
        call(step, attached, worker);
    })
}

/// What is called: most often something short, and at every thousandth step
/// something that waits. All workers meet there, so they are in the same place at
/// the same time, in every run and on any number of cores.
fn call(step: u64, attached: &mut Attached<'_>, worker: &Worker<'_>) {
    match step % 1000 {
        0 => _ = attached.detached(|| worker.meet()),
        _ => _ = attached.checkpoint(),
    }
}
// ANCHOR_END: counting

/// Lets so many threads take so many steps each, under one lock, and returns what the counter is then.
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

/// A way for two workers to hold a lock, by its name, and how many of them did so at the same instant.
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
/// which they say that they hold it.
pub fn held_by_processes() -> io::Result<usize> {
    let (gil, holds) =
        (Gil::new(SWITCH_INTERVAL), Shared::new([const { AtomicU32::new(0) }; 2])?);
    Ok(held_at_once(
        &processes(2, |worker| sees_the_other(&gil, &holds, worker.number))?
            .results,
    ))
}

/// Takes the lock, says so, and keeps it until the other worker has said so too.
/// False if the lock was given up before that.
fn sees_the_other(gil: &Gil, holds: &[AtomicU32; 2], me: usize) -> bool {
    let mut attached = gil.attach();
    holds[me].store(1, Relaxed);
    while holds[1 - me].load(Relaxed) == 0 {
        // This gives the lock up only to a thread that has waited for it for a
        // whole interval.
        if attached.checkpoint() {
            return false;
        }
        thread::yield_now();
    }
    true
}

/// If each has seen that the other holds a lock before it gave up its own, there
/// was an instant at which both did.
fn held_at_once(saw: &[bool]) -> usize {
    if saw.iter().all(|saw| *saw) { saw.len() } else { 1 }
}
// ANCHOR_END: held
