//! Ticks of 60 Hz that shouldn't be late, and work that goes on beside them: ways to do both at once.
//!
//! All ways have the same ticks and the same work, which is square roots without end. They differ in where the work is done.

pub mod ticker;

use std::hint::black_box;
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use lab::gil::{Gil, OwnTurns, SWITCH_INTERVAL};
use lab::work::square_roots;
use lab::{Placement, Span, process};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::ticker::Ticker;

/// What is computed beside the ticks.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many workers compute at once.
    pub workers: usize,
    /// How long a job takes, a piece of work that is done without a look at the clock.
    pub job: Duration,
}

/// What happened, in nanoseconds since the ticker's start.
#[derive(Clone, Debug)]
pub struct Course {
    /// For each tick, when it was due and when it was met.
    pub ticks: Vec<Span>,
    /// For each worker, when it computed.
    pub work: Vec<Vec<Span>>,
}

impl Course {
    /// How late the ticks were, in nanoseconds, in ascending order.
    pub fn lateness(&self) -> Vec<u64> {
        let mut late: Vec<u64> =
            self.ticks.iter().map(|tick| tick.end - tick.start).collect();
        late.sort_unstable();
        late
    }
}

/// The value that this many per cent of the values don't exceed. The values must be in ascending order. This is the *nearest
/// rank*, so it is always one of the values. Of fewer than 20 values, the 95th percentile is the last.
///
/// # Panics
/// There is no value.
pub fn percentile(sorted: &[u64], per_cent: usize) -> u64 {
    sorted[(sorted.len() * per_cent).div_ceil(100).max(1) - 1]
}

/// A way to meet ticks while work goes on.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// What it is, in words.
    pub says: &'static str,
    /// It is tried with this many times the number of workers.
    pub crowds: &'static [usize],
    /// Whether its ticks wait for a whole job.
    pub blocks: bool,
    /// Meets all ticks of the ticker.
    pub run: fn(Ticker<'_>, &Load) -> io::Result<Course>,
}

/// All ways, in the order of the table.
pub const VARIANTS: [Variant; 10] = [
    way("idle", "nobody computes", idle),
    Variant {
        blocks: true,
        ..way("same-thread", "the ticking thread computes, job by job", same_thread)
    },
    way(
        "same-thread-sliced",
        "the ticking thread computes, and looks at the clock each millisecond",
        sliced,
    ),
    way("thread", "another thread computes", threads),
    way("process", "another process computes", processes),
    way("shared-core", "another thread computes, on the same core", shared_core),
    way(
        "shared-core-nice",
        "another thread computes, on the same core, with niceness 19",
        shared_core_nice,
    ),
    Variant {
        crowds: &[1, 2, 4],
        ..way(
            "gil",
            "computing threads share a global interpreter lock with the ticking thread",
            gil,
        )
    },
    Variant {
        blocks: true,
        ..way(
            "async-blocked",
            "a task computes on the ticking thread of the runtime, job by job",
            async_blocked,
        )
    },
    way(
        "async-spawn-blocking",
        "the runtime computes on another thread, by spawn_blocking",
        async_spawn_blocking,
    ),
];

const fn way(
    name: &'static str,
    says: &'static str,
    run: fn(Ticker<'_>, &Load) -> io::Result<Course>,
) -> Variant {
    Variant { name, says, crowds: &[1], blocks: false, run }
}

// ANCHOR: thread
fn idle(mut ticker: Ticker<'_>, _: &Load) -> io::Result<Course> {
    tick(&mut ticker);
    Ok(Course { ticks: ticker.into_met(), work: Vec::new() })
}

/// The loop of a user interface with nothing else to do.
fn tick(ticker: &mut Ticker<'_>) {
    while let Some(due) = ticker.next() {
        sleep_until(due);
        ticker.meet();
    }
}

fn same_thread(ticker: Ticker<'_>, load: &Load) -> io::Result<Course> {
    in_turns(ticker, load.job)
}

fn sliced(ticker: Ticker<'_>, _: &Load) -> io::Result<Course> {
    in_turns(ticker, SLICE)
}

fn in_turns(mut ticker: Ticker<'_>, piece: Duration) -> io::Result<Course> {
    let mut work = Vec::new();
    while ticker.next().is_some() {
        work.push(compute(ticker.start, piece));
        ticker.meet();
    }
    Ok(Course { ticks: ticker.into_met(), work: vec![work] })
}

fn threads(ticker: Ticker<'_>, load: &Load) -> io::Result<Course> {
    beside_threads(
        ticker,
        load,
        |start, stop| vec![compute_until(start, stop)],
        tick,
    )
}

fn processes(mut ticker: Ticker<'_>, load: &Load) -> io::Result<Course> {
    let (start, limit) = (ticker.start, ticker.length() + GRACE);
    let compute = || {
        compute(start, limit);
        Vec::new()
    };
    let workers: Vec<_> = (0..load.workers)
        .map(|_| process::fork(limit, compute))
        .collect::<io::Result<_>>()?;
    let began = elapsed(start);
    tick(&mut ticker);
    let work =
        vec![vec![Span { start: began, end: elapsed(start) }]; workers.len()];
    Ok(Course { ticks: ticker.into_met(), work })
}
// ANCHOR_END: thread

// ANCHOR: shared-core
fn shared_core(ticker: Ticker<'_>, load: &Load) -> io::Result<Course> {
    on_one_core(|| threads(ticker, load))
}

fn shared_core_nice(ticker: Ticker<'_>, load: &Load) -> io::Result<Course> {
    let compute = |start, stop: &AtomicBool| {
        be_nice();
        vec![compute_until(start, stop)]
    };
    on_one_core(|| beside_threads(ticker, load, compute, tick))
}

/// Does the work on a thread that is bound to one CPU. Threads that it starts are
/// bound to the same CPU.
fn on_one_core(
    work: impl FnOnce() -> io::Result<Course> + Send,
) -> io::Result<Course> {
    thread::scope(|scope| {
        let bound = move || {
            Placement::together().take(0);
            work()
        };
        thread::Builder::new()
            .spawn_scoped(scope, bound)?
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic))
    })
}
// ANCHOR_END: shared-core

// ANCHOR: gil
fn gil(ticker: Ticker<'_>, load: &Load) -> io::Result<Course> {
    let gil = &Gil::new(SWITCH_INTERVAL);
    let compute = |start, stop: &AtomicBool| {
        let mut attached = gil.attach();
        let mut turns = OwnTurns::begin(start);
        while !stop.load(Ordering::Relaxed) {
            compute_some();
            turns.checkpoint(&mut attached);
        }
        turns.end()
    };
    beside_threads(ticker, load, compute, |ticker| {
        let mut attached = gil.attach();
        while let Some(due) = ticker.next() {
            attached.detached(|| sleep_until(due));
            ticker.meet();
        }
    })
}
// ANCHOR_END: gil

// ANCHOR: async
fn async_blocked(ticker: Ticker<'_>, load: &Load) -> io::Result<Course> {
    let (start, job) = (ticker.start, load.job);
    let worker = |stop: Arc<AtomicBool>| async move {
        let mut spans = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            spans.push(compute(start, job));
            tokio::task::yield_now().await;
        }
        spans
    };
    beside_tasks(ticker, load, |runtime, stop| runtime.spawn(worker(stop)))
}

fn async_spawn_blocking(ticker: Ticker<'_>, load: &Load) -> io::Result<Course> {
    let start = ticker.start;
    let worker = |stop: Arc<AtomicBool>| move || vec![compute_until(start, &stop)];
    beside_tasks(ticker, load, |runtime, stop| runtime.spawn_blocking(worker(stop)))
}

async fn tick_async(ticker: &mut Ticker<'_>) {
    while let Some(due) = ticker.next() {
        tokio::time::sleep_until(due.into()).await;
        ticker.meet();
    }
}
// ANCHOR_END: async

/// How long a worker of [`sliced`] computes between two looks at the clock.
const SLICE: Duration = Duration::from_millis(1);

/// How long a process may run on after the last tick.
const GRACE: Duration = Duration::from_secs(30);

fn sleep_until(due: Instant) {
    thread::sleep(due.saturating_duration_since(Instant::now()));
}

/// Computes for some tens of microseconds. Between two such pieces, a worker can look at the clock.
fn compute_some() {
    black_box(square_roots(0..10_000));
}

/// Computes for so long, and returns when. All times are counted from `start`.
fn compute(start: Instant, long: Duration) -> Span {
    let began = Instant::now();
    while began.elapsed() < long {
        compute_some();
    }
    Span { start: (began - start).as_nanos() as u64, end: elapsed(start) }
}

/// Computes until `stop` is set.
fn compute_until(start: Instant, stop: &AtomicBool) -> Span {
    let began = elapsed(start);
    while !stop.load(Ordering::Relaxed) {
        compute_some();
    }
    Span { start: began, end: elapsed(start) }
}

fn elapsed(start: Instant) -> u64 {
    start.elapsed().as_nanos() as u64
}

/// Starts threads that compute, and lets `tick` meet the ticks on this thread.
fn beside_threads(
    mut ticker: Ticker<'_>,
    load: &Load,
    compute: impl Fn(Instant, &AtomicBool) -> Vec<Span> + Sync,
    tick: impl FnOnce(&mut Ticker<'_>),
) -> io::Result<Course> {
    let (start, stop, compute) = (ticker.start, &AtomicBool::new(false), &compute);
    let work = thread::scope(|scope| {
        let stops = Stops(stop);
        let start_one = |_| {
            thread::Builder::new().spawn_scoped(scope, move || compute(start, stop))
        };
        let workers: Vec<_> =
            (0..load.workers).map(start_one).collect::<io::Result<_>>()?;
        tick(&mut ticker);
        drop(stops);
        let joined = |worker: ScopedJoinHandle<'_, _>| {
            worker.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        io::Result::Ok(workers.into_iter().map(joined).collect())
    })?;
    Ok(Course { ticks: ticker.into_met(), work })
}

/// Starts tasks that compute, and meets the ticks in a task of an asynchronous runtime with one thread.
fn beside_tasks(
    mut ticker: Ticker<'_>,
    load: &Load,
    spawn: impl Fn(&Runtime, Arc<AtomicBool>) -> JoinHandle<Vec<Span>>,
) -> io::Result<Course> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let stop = Arc::new(AtomicBool::new(false));
    // The runtime waits for its threads when it is dropped. This is dropped before, so the threads stop.
    let stops = Stops(&stop);
    let workers: Vec<_> =
        (0..load.workers).map(|_| spawn(&runtime, stop.clone())).collect();
    let work = runtime.block_on(async {
        tick_async(&mut ticker).await;
        drop(stops);
        let mut work = Vec::new();
        for worker in workers {
            work.push(worker.await?);
        }
        Ok::<_, tokio::task::JoinError>(work)
    })?;
    Ok(Course { ticks: ticker.into_met(), work })
}

/// Tells the workers to stop, even if a tick panics. Otherwise the scope or the runtime would wait for them for ever.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The time between two ticks of the kernel's own timer. At these ticks the kernel looks whether a thread's slice is over. The
/// coarse clock moves on from tick to tick, so its resolution, `KTIME_LOW_RES`, is what we want. Nothing if the kernel doesn't
/// tell. Source: clock_getres(2), and `posix_get_coarse_res` in the kernel's time/posix-timers.c.
pub fn kernel_tick() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    let told = rustix::time::clock_getres(rustix::time::ClockId::MonotonicCoarse)
        .tv_nsec as u64;
    #[cfg(not(target_os = "linux"))]
    let told = 0;
    // HZ is at most 1,000 or so. A finer resolution belongs to another clock, as under gVisor.
    (told > 500_000).then_some(Duration::from_nanos(told))
}

/// Gives this thread, and no other, the lowest weight that an ordinary thread can have. Source: setpriority(2), *C
/// library/kernel differences*.
fn be_nice() {
    // The kernel refuses nobody a lower weight.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 19);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(
            [1, 50, 95, 100].map(|p| percentile(&hundred, p)),
            [1, 50, 95, 100]
        );
        assert_eq!(
            [19, 20].map(|ticks| percentile(&hundred[..ticks], 95)),
            [19, 19]
        );
        assert_eq!([50, 95, 100].map(|p| percentile(&[3, 5, 8], p)), [5, 8, 8]);
        assert_eq!([0, 50, 95].map(|p| percentile(&[7], p)), [7, 7, 7]);
    }
}
