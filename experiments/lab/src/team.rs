//! Workers that start together, as threads or as processes, and say when they worked.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Shared, process};

/// The longest that a worker process may take, start to end; it is killed then. Threads can't be given such a limit.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What one worker did: from when to when, and the number that it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// When the worker passed the starting line, in nanoseconds since the team was called together.
    pub start: u64,
    /// When it had done its work, in nanoseconds since the team was called together.
    pub end: u64,
    /// What the work returned.
    pub result: u64,
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
pub fn threads(workers: usize, work: impl Fn(usize) -> u64 + Sync) -> io::Result<Vec<Shift>> {
    let (gate, called) = (AtomicU32::new(0), Instant::now());
    let (gate, work) = (&gate, &work);
    thread::scope(|scope| {
        let mut team = Vec::with_capacity(workers);
        for number in 0..workers {
            let started = thread::Builder::new()
                .spawn_scoped(scope, move || start_together(gate, workers).then(|| shift(called, number, work)));
            match started {
                Ok(worker) => team.push(worker),
                Err(error) => {
                    gate.store(CALLED_OFF, Ordering::Relaxed);
                    return Err(refused("thread", number, &error));
                }
            }
        }
        Ok(team.into_iter().filter_map(|worker| worker.join().unwrap()).collect())
    })
}

/// Runs `work` on `workers` forked processes, each with its number from 0; each hands its shift over by a pipe.
///
/// They start together. What `work` refers to, each process has a copy of; only a [`Shared`] value is the same for all.
///
/// # Errors
/// The system refuses a process or a mapping; a worker panics, dies, or takes longer than [`LIMIT`]. All others are
/// killed and reaped before this returns.
pub fn processes(workers: usize, work: impl Fn(usize) -> u64) -> io::Result<Vec<Shift>> {
    let (gate, called) = (Shared::new(AtomicU32::new(0))?, Instant::now());
    let mut team = Vec::with_capacity(workers);
    for number in 0..workers {
        let child = process::fork(LIMIT, || {
            start_together(&gate, workers);
            let Shift { start, end, result } = shift(called, number, &work);
            [start, end, result].map(u64::to_le_bytes).concat()
        });
        team.push(child.map_err(|error| refused("process", number, &error))?);
    }
    let handed_over = process::gather(team, called + LIMIT)?;
    handed_over
        .into_iter()
        .map(|bytes| {
            let (words, []) = bytes.as_chunks::<8>() else {
                return Err(io::Error::other("a worker handed over half a number"));
            };
            match words.iter().map(|word| u64::from_le_bytes(*word)).collect::<Vec<_>>()[..] {
                [start, end, result] => Ok(Shift { start, end, result }),
                _ => Err(io::Error::other("a worker ended before it handed its result over")),
            }
        })
        .collect()
}

/// From the first start to the last end of a team, the time that its work took.
pub fn elapsed(team: &[Shift]) -> Duration {
    let start = team.iter().map(|shift| shift.start).min().unwrap_or(0);
    let end = team.iter().map(|shift| shift.end).max().unwrap_or(0);
    Duration::from_nanos(end.saturating_sub(start))
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

fn shift(called: Instant, number: usize, work: impl Fn(usize) -> u64) -> Shift {
    let now = || called.elapsed().as_nanos() as u64;
    let start = now();
    let result = work(number);
    Shift { start, end: now(), result }
}

fn refused(what: &str, number: usize, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("the system refused {what} {}: {error}; use fewer --workers", number + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_works_once_and_between_its_time_stamps() {
        let team = threads(5, |number| number as u64 * 10).unwrap();
        let mut results: Vec<u64> = team.iter().map(|shift| shift.result).collect();
        results.sort_unstable();
        assert_eq!(results, [0, 10, 20, 30, 40]);
        assert!(team.iter().all(|shift| shift.start <= shift.end));
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
        let shift = |start, end| Shift { start, end, result: 0 };
        assert_eq!(elapsed(&[shift(30, 90), shift(10, 50)]), Duration::from_nanos(80));
        assert_eq!(elapsed(&[]), Duration::ZERO);
    }
}
