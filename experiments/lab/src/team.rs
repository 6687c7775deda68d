//! Workers that start together, as threads or as processes, and say when they worked.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Shared, process};

/// The longest that a worker process may take, start to end; it is killed then. Threads can't be given such a limit.
pub const LIMIT: Duration = Duration::from_secs(60);

/// When one worker worked, in nanoseconds since its team was called together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// When it passed the starting line.
    pub start: u64,
    /// When it had done its work.
    pub end: u64,
}

/// What a team of workers did, in the order of their numbers.
#[derive(Clone, Debug)]
pub struct Team<R> {
    /// When each worked.
    pub spans: Vec<Span>,
    /// What the work of each returned.
    pub results: Vec<R>,
}

/// Runs `work` on `workers` threads of this process, each with its number from 0.
///
/// They start together, and each takes its time stamps itself: from outside, a thread that is descheduled between the
/// starting line and the stopwatch would seem to have worked in no time.
///
/// # Errors
/// The system refuses a thread; those that have started then end without working.
///
/// # Panics
/// When `work` panics.
pub fn threads<R: Send>(workers: usize, work: impl Fn(usize) -> R + Sync) -> io::Result<Team<R>> {
    let (gate, called) = (AtomicU32::new(0), Instant::now());
    let (gate, work) = (&gate, &work);
    thread::scope(|scope| {
        let mut started = Vec::with_capacity(workers);
        for number in 0..workers {
            let worker = thread::Builder::new()
                .spawn_scoped(scope, move || start_together(gate, workers).then(|| timed(called, number, work)));
            match worker {
                Ok(worker) => started.push(worker),
                Err(error) => {
                    gate.store(CALLED_OFF, Ordering::Relaxed);
                    return Err(refused("thread", number, &error));
                }
            }
        }
        Ok(started.into_iter().filter_map(|worker| worker.join().unwrap()).collect())
    })
}

/// Runs `work` on `workers` forked processes, each with its number from 0; each hands its result over by a pipe.
///
/// They start together. What `work` refers to, each process has a copy of; only a [`Shared`] value is the same for all.
///
/// # Errors
/// The system refuses a process or a mapping; a worker panics, dies, or takes longer than [`LIMIT`]. All others are
/// killed and reaped before this returns.
pub fn processes<R: Serialize + DeserializeOwned>(workers: usize, work: impl Fn(usize) -> R) -> io::Result<Team<R>> {
    let (gate, called) = (Shared::new(AtomicU32::new(0))?, Instant::now());
    let mut started = Vec::with_capacity(workers);
    for number in 0..workers {
        let worker = process::fork(LIMIT, || {
            start_together(&gate, workers);
            serde_json::to_vec(&timed(called, number, &work)).expect("a result can be written as JSON")
        });
        started.push(worker.map_err(|error| refused("process", number, &error))?);
    }
    let handed_over = process::gather(started, called + LIMIT)?;
    handed_over.iter().map(|bytes| serde_json::from_slice(bytes).map_err(io::Error::from)).collect()
}

/// From the first start to the last end, the time that a team's work took.
pub fn elapsed(spans: &[Span]) -> Duration {
    let start = spans.iter().map(|span| span.start).min().unwrap_or(0);
    let end = spans.iter().map(|span| span.end).max().unwrap_or(0);
    Duration::from_nanos(end.saturating_sub(start))
}

impl<R> FromIterator<(Span, R)> for Team<R> {
    fn from_iter<I: IntoIterator<Item = (Span, R)>>(workers: I) -> Self {
        let (spans, results) = workers.into_iter().unzip();
        Self { spans, results }
    }
}

/// More than there can be workers: the gate's sign that not all could be started, so nobody is to wait.
const CALLED_OFF: u32 = u32::MAX / 2;

/// Waits until `workers` have come to the gate; false if the start was called off.
///
/// A yield rather than a futex, because the workers may be processes, and rather than a spin, because on one core the
/// others must run to arrive. Hundreds of workers that only yield would keep each other from being started, so after a
/// while each rests between two looks.
fn start_together(gate: &AtomicU32, workers: usize) -> bool {
    let mut arrived = gate.fetch_add(1, Ordering::AcqRel) + 1;
    let mut looks = 0;
    while (arrived as usize) < workers {
        looks += 1;
        if looks < 2_000 {
            thread::yield_now();
        } else {
            thread::sleep(Duration::from_millis(1));
        }
        arrived = gate.load(Ordering::Acquire);
    }
    arrived < CALLED_OFF
}

fn timed<R>(called: Instant, number: usize, work: impl Fn(usize) -> R) -> (Span, R) {
    let now = || called.elapsed().as_nanos() as u64;
    let start = now();
    let result = work(number);
    (Span { start, end: now() }, result)
}

fn refused(what: &str, number: usize, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("the system refused {what} {}: {error}; use fewer --workers", number + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_works_once_and_between_its_time_stamps() {
        let team = threads(5, |number| number * 10).unwrap();
        assert_eq!(team.results, [0, 10, 20, 30, 40]);
        assert!(team.spans.len() == 5 && team.spans.iter().all(|span| span.start <= span.end));
    }

    #[test]
    fn nobody_works_before_all_have_come() {
        let arrived = AtomicU32::new(0);
        let gate = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    arrived.fetch_add(1, Ordering::SeqCst);
                    assert!(start_together(&gate, 4));
                    assert_eq!(arrived.load(Ordering::SeqCst), 4);
                });
            }
        });
    }

    #[test]
    fn a_start_that_is_called_off_releases_those_who_wait() {
        let gate = AtomicU32::new(0);
        thread::scope(|scope| {
            let waits = scope.spawn(|| start_together(&gate, 2));
            gate.store(CALLED_OFF, Ordering::Relaxed);
            assert!(!waits.join().unwrap());
        });
    }

    #[test]
    fn elapsed_spans_the_first_start_and_the_last_end() {
        assert_eq!(elapsed(&[Span { start: 30, end: 90 }, Span { start: 10, end: 50 }]), Duration::from_nanos(80));
        assert_eq!(elapsed(&[]), Duration::ZERO);
    }
}
