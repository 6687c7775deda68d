//! Workers that start together, as threads or as processes, and record when they worked.

use std::hint;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub use base::trace::Span;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::doubt::{self, Account};
use crate::{Placement, Shared, machine, process};

/// How long a worker process may take from start to end, before it is killed. Threads can't have such a limit.
pub const LIMIT: Duration = Duration::from_secs(60);

/// One of a team of workers, as its work sees it.
#[derive(Clone, Copy, Debug)]
pub struct Worker<'a> {
    /// The worker's number, from 0.
    pub number: usize,
    workers: usize,
    arrived: &'a AtomicU32,
}

/// What a team of workers did, in the order of their numbers.
#[derive(Clone, Debug)]
pub struct Team<R> {
    /// When each worker worked.
    pub spans: Vec<Span>,
    /// What the work of each worker returned.
    pub results: Vec<R>,
}

/// Runs `work` on `workers` threads of this process, each [bound to a CPU](Placement::one_each) of its own if there are enough
/// CPUs, so that the workers run at the same time.
///
/// The workers start together, and each takes its own time stamps. A stopwatch outside of them would miss the time in which a
/// worker is off its CPU between the starting line and its work.
///
/// # Errors
/// The system refuses a thread; the threads that have started then end without working.
///
/// # Panics
/// When `work` panics.
pub fn threads<R: Send>(workers: usize, work: impl Fn(&Worker<'_>) -> R + Sync) -> io::Result<Team<R>> {
    threads_on(&Placement::one_each(workers), workers, work)
}

/// Does what [`threads`] does, with this placement.
///
/// # Errors
/// As for [`threads`].
///
/// # Panics
/// When `work` panics.
pub fn threads_on<R: Send>(
    placement: &Placement,
    workers: usize,
    work: impl Fn(&Worker<'_>) -> R + Sync,
) -> io::Result<Team<R>> {
    let (arrived, called) = (AtomicU32::new(0), Instant::now());
    let (arrived, work) = (&arrived, &work);
    thread::scope(|scope| {
        let mut started = Vec::with_capacity(workers);
        for number in 0..workers {
            let worker = Worker { number, workers, arrived };
            let thread = thread::Builder::new().spawn_scoped(scope, move || {
                let _released = ReleaseIfPanicking(arrived);
                let account = worker.ready(placement);
                worker.start(placement).then(|| timed(called, account.as_ref(), || work(&worker)))
            });
            match thread {
                Ok(thread) => started.push(thread),
                Err(error) => {
                    call_off(arrived);
                    // The scope waits for their closures only. A thread gives its stack back when it's joined.
                    started.into_iter().for_each(|worker| drop(worker.join()));
                    return Err(refused("thread", number, &error));
                }
            }
        }
        Ok(noted(started.into_iter().filter_map(|worker| worker.join().unwrap())))
    })
}

/// Runs `work` on `workers` forked processes, bound as in [`threads`]. Each process hands its result over by a pipe.
///
/// The workers start together. Each process has a copy of everything that `work` refers to, except for [`Shared`] values,
/// which are the same for all.
///
/// # Errors
/// The system refuses a process or a mapping, or a worker panics, dies, or takes longer than [`LIMIT`]. All other workers are
/// killed and reaped before this returns.
pub fn processes<R: Serialize + DeserializeOwned>(
    workers: usize,
    work: impl Fn(&Worker<'_>) -> R,
) -> io::Result<Team<R>> {
    processes_on(&Placement::one_each(workers), workers, work)
}

/// Does what [`processes`] does, with this placement.
///
/// # Errors
/// As for [`processes`].
pub fn processes_on<R: Serialize + DeserializeOwned>(
    placement: &Placement,
    workers: usize,
    work: impl Fn(&Worker<'_>) -> R,
) -> io::Result<Team<R>> {
    let (arrived, called) = (Shared::new(AtomicU32::new(0))?, Instant::now());
    let mut started = Vec::with_capacity(workers);
    for number in 0..workers {
        let worker = Worker { number, workers, arrived: &arrived };
        let child = process::fork(LIMIT, || {
            let account = worker.ready(placement);
            worker.start(placement);
            serde_json::to_vec(&timed(called, account.as_ref(), || work(&worker)))
                .expect("a result can be written as JSON")
        });
        started.push(child.map_err(|error| refused("process", number, &error))?);
    }
    let handed_over = process::gather(started, called + LIMIT)?;
    let timed = handed_over.iter().map(|bytes| serde_json::from_slice(bytes).map_err(io::Error::from));
    Ok(noted(timed.collect::<io::Result<Vec<_>>>()?.into_iter()))
}

impl<'a> Worker<'a> {
    /// Number `number` of this many workers that meet by a count of their own. The count is 0 at first, and if the workers are
    /// processes, it lies in a mapping that they share. [`threads`] and [`processes`] make their workers themselves.
    ///
    /// # Panics
    /// When there is no worker of that number: numbers go from 0 to `workers` - 1.
    pub fn new(number: usize, workers: usize, arrived: &'a AtomicU32) -> Self {
        assert!(number < workers, "there is no worker {number} among {workers}");
        Self { number, workers, arrived }
    }

    /// Waits until every worker of the team has come here; all of them must call this equally often. False if the team was
    /// called off, because a thread couldn't be started or has panicked.
    ///
    /// The wait is no futex, because the workers may be processes, and no spin, because on one core the other workers must run
    /// in order to arrive. So a worker yields. Hundreds of workers that only yield would keep each other from being started,
    /// so after a while each worker sleeps between two looks, and longer if there are more of them.
    pub fn meet(&self) -> bool {
        self.meet_spinning(0)
    }

    /// Binds the worker to its CPU, and opens the account of how long it waits for that CPU, if no other worker uses it.
    fn ready(&self, placement: &Placement) -> Option<Account> {
        placement.take(self.number);
        Account::of_worker(placement, self.workers)
    }

    /// The first meeting. Workers with a CPU of their own first spin for some milliseconds. A worker that spins is running when
    /// the last one comes, so the workers start at the same time even on a busy machine. A yield would give the CPU away for a
    /// time slice.
    fn start(&self, placement: &Placement) -> bool {
        self.meet_spinning(if self.workers <= placement.cpus().len() { 100_000 } else { 0 })
    }

    /// Does what [`Worker::meet`] does, with this many looks before the first yield.
    fn meet_spinning(&self, spins: usize) -> bool {
        let workers = self.workers as u32;
        let before = self.arrived.fetch_add(1, Ordering::AcqRel);
        // The count only grows, so the end of this round is its next multiple of the team's size.
        let round = (before / workers + 1) * workers;
        let mut looks = 0;
        loop {
            match self.arrived.load(Ordering::Acquire) {
                arrived if arrived >= CALLED_OFF => return false,
                arrived if arrived >= round => return true,
                _ if looks < spins => hint::spin_loop(),
                _ if (looks - spins) * self.workers < 32_000 => thread::yield_now(),
                _ => thread::sleep(Duration::from_micros(100) * workers),
            }
            looks += 1;
        }
    }
}

/// Runs a team whose workers are to get in each other's way, and runs it again until they have worked
/// [at the same time](are_at_once). `spans` says when they worked.
///
/// # Errors
/// Those of `run`, and that the workers never worked at the same time though each had a CPU of its own.
pub fn contending<R>(run: impl Fn() -> io::Result<R>, spans: impl Fn(&R) -> &[Span]) -> io::Result<R> {
    const TRIES: usize = 50;
    for _ in 0..TRIES {
        let run = run()?;
        let spans = spans(&run);
        if spans.len() > machine::usable_cpus() || elapsed(spans) < TOO_SHORT || are_at_once(spans) {
            return Ok(run);
        }
    }
    Err(io::Error::other(format!(
        "the workers never worked at the same time in {TRIES} runs; wait until the machine is less busy"
    )))
}

/// In less time than this, a team may be done before its last worker has begun. On a quiet machine, benches have no such
/// samples.
const TOO_SHORT: Duration = Duration::from_micros(50);

/// Whether all workers worked at the same time for at least a third of the time from the first start to the last end. If two
/// workers share a lock, and one keeps it until it's done, they do so for half of the time.
pub fn are_at_once(spans: &[Span]) -> bool {
    let start = spans.iter().map(|span| span.start).max().unwrap_or(0);
    let end = spans.iter().map(|span| span.end).min().unwrap_or(0);
    3 * Duration::from_nanos(end.saturating_sub(start)) >= elapsed(spans)
}

/// The time that a team's work took, from the first start to the last end.
pub fn elapsed(spans: &[Span]) -> Duration {
    let start = spans.iter().map(|span| span.start).min().unwrap_or(0);
    let end = spans.iter().map(|span| span.end).max().unwrap_or(0);
    Duration::from_nanos(end.saturating_sub(start))
}

/// When a worker worked, how long and how often it waited for its CPU in that time, if that is known, and its result.
type Timed<R> = (Span, Option<[u64; 2]>, R);

/// The team of these workers. How long they waited is noted for the frame.
fn noted<R>(workers: impl Iterator<Item = Timed<R>>) -> Team<R> {
    let mut team = Team { spans: Vec::new(), results: Vec::new() };
    for (span, waited, result) in workers {
        let worked = span.end - span.start;
        if let Some([waited, times]) = waited {
            // The two looks at the account lie just outside of the work, and the worker may have waited there.
            doubt::note(Duration::from_nanos(worked), [waited.min(worked), times]);
        }
        team.spans.push(span);
        team.results.push(result);
    }
    team
}

/// A number that no team can reach. It says that some workers will never come, so none is to wait.
const CALLED_OFF: u32 = u32::MAX / 2;

fn call_off(arrived: &AtomicU32) {
    arrived.store(CALLED_OFF, Ordering::Release);
}

/// Releases the other workers if one panics; they would wait for that one for ever.
struct ReleaseIfPanicking<'a>(&'a AtomicU32);

impl Drop for ReleaseIfPanicking<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            call_off(self.0);
        }
    }
}

fn timed<R>(called: Instant, account: Option<&Account>, work: impl Fn() -> R) -> Timed<R> {
    let now = || called.elapsed().as_nanos() as u64;
    let before = account.and_then(Account::look);
    let start = now();
    let result = work();
    let end = now();
    let waited = before.zip(account.and_then(Account::look));
    (Span { start, end }, waited.map(|(before, after)| [0, 1].map(|of| after[of] - before[of])), result)
}

fn refused(what: &str, number: usize, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("the system refused {what} {}: {error}; use fewer workers, or raise the limit", number + 1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_works_once_and_between_its_time_stamps() {
        let team = threads(5, |worker| worker.number * 10).unwrap();
        assert_eq!(team.results, [0, 10, 20, 30, 40]);
        assert!(team.spans.len() == 5 && team.spans.iter().all(|span| span.start <= span.end));
    }

    #[test]
    fn nobody_goes_on_before_all_have_come_in_any_round() {
        let come = AtomicU32::new(0);
        let team = threads(4, |worker| {
            (1..=100).all(|round| {
                come.fetch_add(1, Ordering::SeqCst);
                let met = worker.meet();
                let all_had_come = come.load(Ordering::SeqCst) >= 4 * round;
                met && worker.meet() && all_had_come
            })
        });
        assert_eq!(team.unwrap().results, [true; 4]);
    }

    #[test]
    fn a_worker_is_one_of_its_team() {
        let arrived = AtomicU32::new(0);
        assert!(Worker::new(0, 1, &arrived).meet());
        for (number, workers) in [(0, 0), (1, 1), (5, 2)] {
            assert!(std::panic::catch_unwind(|| Worker::new(number, workers, &arrived)).is_err());
        }
    }

    #[test]
    fn a_team_that_is_called_off_waits_for_nobody() {
        let arrived = AtomicU32::new(0);
        thread::scope(|scope| {
            let worker = Worker { number: 0, workers: 2, arrived: &arrived };
            let waits = scope.spawn(move || worker.meet());
            call_off(&arrived);
            assert!(!waits.join().unwrap());
        });
    }

    #[test]
    fn a_panic_releases_the_workers_that_would_wait() {
        let outcome = std::panic::catch_unwind(|| {
            threads(3, |worker| {
                assert!(worker.number != 1, "this panic is part of the test");
                worker.meet()
            })
        });
        assert!(outcome.is_err());
    }

    #[test]
    fn workers_that_work_one_after_the_other_are_not_at_work_at_once() {
        let at_once = |spans: [(u64, u64); 2]| are_at_once(&spans.map(|(start, end)| Span { start, end }));
        assert!(at_once([(0, 100), (10, 90)]) && at_once([(0, 60), (0, 100)]) && at_once([(0, 50), (0, 100)]));
        assert!(!at_once([(0, 50), (50, 100)]) && !at_once([(0, 40), (60, 100)]) && !at_once([(0, 100), (0, 30)]));
    }

    #[test]
    fn a_team_that_did_not_contend_runs_again_and_one_that_never_does_is_an_error() {
        let apart = [Span { start: 0, end: 5_000_000 }, Span { start: 5_000_000, end: 10_000_000 }];
        let together = [Span { start: 0, end: 5_000_000 }; 2];
        let runs = std::cell::Cell::new(0);
        let third_time = || {
            runs.set(runs.get() + 1);
            Ok(if runs.get() < 3 { apart } else { together })
        };
        let can_tell = machine::usable_cpus() > 1;
        assert_eq!(contending(third_time, |spans| spans).unwrap()[0], if can_tell { together[0] } else { apart[0] });
        assert_eq!(contending(|| Ok(apart), |spans| spans).is_err(), can_tell, "on one CPU nothing can be told");
        assert!(contending(|| Ok([Span { start: 0, end: 500 }, Span { start: 500, end: 900 }]), |spans| spans).is_ok());
    }

    #[test]
    fn elapsed_spans_the_first_start_and_the_last_end() {
        assert_eq!(elapsed(&[Span { start: 30, end: 90 }, Span { start: 10, end: 50 }]), Duration::from_nanos(80));
        assert_eq!(elapsed(&[]), Duration::ZERO);
    }
}
