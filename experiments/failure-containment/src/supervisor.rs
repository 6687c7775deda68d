//! A supervisor: it gives jobs to workers, starts those anew that crash, and loses no job. With processes it can; with threads
//! it goes down with the first worker that does more than panic.

use std::collections::VecDeque;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use lab::Shared;
use lab::process::{Child, ended_by, fork};
use lab::trace::{Event, State};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal, WaitStatus};

use crate::calls;
use crate::failures::{EXIT_CODE, Failure};
use crate::teams::{LIMIT, leave_no_core};

/// The most jobs that a supervisor takes.
pub const MOST_JOBS: usize = 1000;

/// So often is a job tried.
pub const TRIES: u32 = 3;

/// Of so many jobs, one crashes its worker.
const ONE_IN: usize = 8;

/// What is to be done, and what is to go wrong.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many workers there are to be.
    pub workers: usize,
    /// How long a job takes.
    pub job: Duration,
    /// For each job, how it crashes the worker that is the first to try it, if it does, and whether after its work.
    crashes: Vec<Option<(Failure, bool)>>,
    /// A job that crashes whoever tries it.
    poison: Option<usize>,
}

/// A supervisor, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Supervisor {
    /// The name, the same in the table and in the book.
    pub name: &'static str,
    /// Does the jobs of a plan.
    pub run: fn(&Plan) -> io::Result<Outcome>,
    /// Whether one of the jobs crashes whoever tries it.
    pub poisoned: bool,
    /// Whether a worker is a thread of the supervisor's own process.
    pub is_one_process: bool,
}

/// All supervisors.
pub const SUPERVISORS: [Supervisor; 3] = [
    Supervisor { name: "supervised-processes", run: processes, poisoned: false, is_one_process: false },
    Supervisor { name: "poison-job", run: processes, poisoned: true, is_one_process: false },
    Supervisor { name: "supervised-threads", run: threads, poisoned: false, is_one_process: true },
];

/// What became of the jobs.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Jobs that have the right result, once.
    pub done: usize,
    /// Jobs that were given up.
    pub given_up: usize,
    /// How often a job was begun.
    pub begun: u32,
    /// Workers that crashed.
    pub crashes: u32,
    /// Workers that were started in the place of one that had crashed.
    pub restarts: u32,
    /// Why there were fewer workers than there were to be, if so.
    pub refused: Option<String>,
    /// What each worker did.
    pub timeline: Vec<(String, Vec<Event>)>,
}

impl Plan {
    /// So many jobs. One of eight, chosen by the seed, crashes the worker that is the first to try it: by a panic, by an
    /// abort, by SIGKILL, by exiting, in turn; every other of them before its work, and the next one when it has done it but
    /// not told. The job that crashes everybody, if there is to be one, is the first of them.
    pub fn new(workers: usize, jobs: usize, job: Duration, seed: u64, poisoned: bool) -> Self {
        const KINDS: [Failure; 4] = [Failure::Panic, Failure::Abort, Failure::Kill, Failure::Exit];
        let mut order: Vec<usize> = (0..jobs).collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut order);
        let mut crashes = vec![None; jobs];
        let crashing = &mut order[..jobs.div_ceil(ONE_IN)];
        crashing.sort_unstable();
        for (number, job) in crashing.iter().enumerate() {
            crashes[*job] = Some((KINDS[number % KINDS.len()], number % 2 == 1));
        }
        let poison = poisoned.then(|| crashing[0]);
        Self { workers, job, crashes, poison }
    }

    /// How many jobs there are.
    pub fn jobs(&self) -> usize {
        self.crashes.len()
    }

    /// How often a worker will crash.
    pub fn planned_crashes(&self) -> u32 {
        let crashing = self.crashes.iter().flatten().count() as u32;
        crashing + if self.poison.is_some() { TRIES - 1 } else { 0 }
    }

    /// The longest that all its jobs may take, if one worker does them all and begins each as often as it may.
    fn limit(&self) -> Duration {
        LIMIT + self.job * self.jobs() as u32 * TRIES
    }

    /// Whether a crash is planned that ends a whole process.
    pub fn is_deadly(&self) -> bool {
        self.crashes.iter().flatten().any(|(failure, _)| *failure != Failure::Panic)
    }

    // ANCHOR: job
    /// Does a job, and returns its result; this is the number of the try, from 1.
    fn work(&self, job: usize, attempt: u32) -> u64 {
        let is_doomed = attempt == 1 || self.poison == Some(job);
        let crash = self.crashes[job].filter(|_| is_doomed);
        if let Some((failure, false)) = crash {
            fail(failure);
        }
        let begin = Instant::now();
        while begin.elapsed() < self.job {}
        if let Some((failure, true)) = crash {
            fail(failure); // the work is done, and nobody is told
        }
        result_of(job)
    }
    // ANCHOR_END: job
}

fn result_of(job: usize) -> u64 {
    (job * job) as u64
}

/// As [`Failure::happen`], but a panic prints nothing.
fn fail(failure: Failure) {
    match failure {
        Failure::Panic => resume_unwind(Box::new("on purpose")),
        Failure::Kill => calls::raise(Signal::KILL),
        Failure::Abort => std::process::abort(),
        _ => std::process::exit(EXIT_CODE),
    }
}

// ANCHOR: ledger
/// What came of each job. One that its worker has lost waits again: a job is
/// forgotten when its result is there, not when somebody has it.
#[derive(Debug)]
struct Ledger {
    waiting: VecDeque<usize>,
    tries: Vec<u32>,
    results: Vec<Option<u64>>,
    given_up: Vec<usize>,
}

impl Ledger {
    /// The next job, and the number of the try.
    fn next(&mut self) -> Option<(usize, u32)> {
        let job = self.waiting.pop_front()?;
        self.tries[job] += 1;
        Some((job, self.tries[job]))
    }

    /// The first result counts; a second one changes nothing.
    fn done(&mut self, job: usize, result: u64) {
        self.results[job].get_or_insert(result);
    }

    /// Its worker has died: another one gets the job, unless it was tried too often.
    fn crashed(&mut self, job: usize) {
        match self.tries[job] {
            TRIES.. => self.given_up.push(job),
            _ => self.waiting.push_front(job),
        }
    }
}
// ANCHOR_END: ledger

impl Ledger {
    fn new(jobs: usize) -> Self {
        Self { waiting: (0..jobs).collect(), tries: vec![0; jobs], results: vec![None; jobs], given_up: Vec::new() }
    }

    /// Whether every job has its result, or was given up.
    fn is_settled(&self) -> bool {
        self.results.iter().flatten().count() + self.given_up.len() == self.results.len()
    }
}

/// One of the supervisor's workers: a process, and what it is doing.
struct Worker {
    process: Child,
    jobs: PipeWriter,
    results: PipeReader,
    has: Option<usize>,
    since: Duration,
}

// ANCHOR: supervisor
/// Workers are processes. A crash closes the worker's pipe, and that is all.
pub fn processes(plan: &Plan) -> io::Result<Outcome> {
    let mut outcome = Outcome::default();
    let mut ledger = Ledger::new(plan.jobs());
    let mut workers = start_all(plan, &mut outcome)?;
    let began = Instant::now();
    while !ledger.is_settled() {
        for worker in workers.iter_mut().flatten().filter(|each| each.is_free()) {
            let Some((job, attempt)) = ledger.next() else { break };
            worker.give(job, attempt, began.elapsed());
        }
        for number in have_said_something(&workers)? {
            let Some(mut worker) = workers[number].take() else { continue };
            let job = worker.has.take().expect("who says something has a job");
            if let Some(result) = worker.result()? {
                ledger.done(job, result);
                outcome.did(number, job, worker.since, began.elapsed());
                workers[number] = Some(worker);
                continue;
            }
            let (crashed, status) = (began.elapsed(), worker.process.wait()?);
            outcome.lost(number, &dies(job, status), worker.since, crashed);
            ledger.crashed(job);
            if !ledger.is_settled() {
                workers[number] = start_again(plan, &workers, &mut outcome)?;
                outcome.restarted(number, crashed, began.elapsed());
            }
        }
    }
    outcome.take(&ledger);
    Ok(outcome)
}
// ANCHOR_END: supervisor

/// How a worker ended at its job, in words.
fn dies(job: usize, status: WaitStatus) -> String {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => format!("exits with {code} at job {job}"),
        (None, signal) => format!("dies by signal {} at job {job}", signal.unwrap_or(0)),
    }
}

/// Starts as many workers as the system allows, and at least one.
fn start_all(plan: &Plan, outcome: &mut Outcome) -> io::Result<Vec<Option<Worker>>> {
    let mut workers = Vec::new();
    for number in 0..plan.workers.min(plan.jobs()) {
        match Worker::start(plan) {
            Ok(worker) => workers.push(Some(worker)),
            Err(error) if workers.is_empty() => return Err(error),
            Err(error) => {
                outcome.refused = Some(format!("{number} workers instead of {}: {error}", plan.workers));
                break;
            }
        }
        outcome.timeline.push((format!("worker {number}"), Vec::new()));
    }
    Ok(workers)
}

/// Starts a worker in the place of one that has crashed. If the system refuses it, the others do the rest, if there are any.
fn start_again(plan: &Plan, others: &[Option<Worker>], outcome: &mut Outcome) -> io::Result<Option<Worker>> {
    match Worker::start(plan) {
        Ok(worker) => {
            outcome.restarts += 1;
            Ok(Some(worker))
        }
        Err(error) if others.iter().all(Option::is_none) => Err(error),
        Err(error) => {
            outcome.refused = Some(format!("a worker that crashed couldn't be started again: {error}"));
            Ok(None)
        }
    }
}

/// Waits until workers have said something, be it by their end; their numbers.
fn have_said_something(workers: &[Option<Worker>]) -> io::Result<Vec<usize>> {
    let busy = |(number, worker): (usize, &'_ Option<Worker>)| {
        worker.as_ref().is_some_and(|worker| !worker.is_free()).then_some(number)
    };
    let busy: Vec<usize> = workers.iter().enumerate().filter_map(busy).collect();
    let mut pipes: Vec<PollFd<'_>> = (busy.iter())
        .filter_map(|number| workers[*number].as_ref().map(|worker| PollFd::new(&worker.results, PollFlags::IN)))
        .collect();
    match poll(&mut pipes, None) {
        Err(rustix::io::Errno::INTR) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
        Ok(_) => {
            let said = busy.iter().zip(&pipes).filter(|(_, pipe)| !pipe.revents().is_empty());
            Ok(said.map(|(number, _)| *number).collect())
        }
    }
}

impl Worker {
    // ANCHOR: worker
    /// Forks a worker. It reads a job, does it, writes the result, and so on; a result is written in one piece or not at all.
    fn start(plan: &Plan) -> io::Result<Self> {
        let (mut takes, jobs) = io::pipe()?;
        let (results, mut tells) = io::pipe()?;
        let process = fork(plan.limit(), || {
            let _ = leave_no_core();
            let mut order = [0; 8];
            while takes.read_exact(&mut order).is_ok() {
                let [job, attempt] = [&order[..4], &order[4..]].map(number);
                if tells.write_all(&plan.work(job as usize, attempt).to_ne_bytes()).is_err() {
                    break;
                }
            }
            Vec::new()
        })?;
        Ok(Self { process, jobs, results, has: None, since: Duration::ZERO })
    }
    // ANCHOR_END: worker

    fn is_free(&self) -> bool {
        self.has.is_none()
    }

    /// Gives it a job. If it is dead, its results' end will tell.
    fn give(&mut self, job: usize, attempt: u32, now: Duration) {
        (self.has, self.since) = (Some(job), now);
        let _ = self.jobs.write_all(&[(job as u32).to_ne_bytes(), attempt.to_ne_bytes()].concat());
    }

    /// The result of its job; nothing if it has crashed.
    fn result(&mut self) -> io::Result<Option<u64>> {
        let mut result = [0; 8];
        match self.results.read_exact(&mut result) {
            Ok(()) => Ok(Some(u64::from_ne_bytes(result))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether what came of it is what has to: every job done once, but for the one that crashes everybody, and a crash seen for each
/// that was planned; or, where one crash ends all, some job not done.
pub fn is_as_it_should_be(supervisor: &Supervisor, plan: &Plan, outcome: &Outcome) -> bool {
    let given_up = usize::from(supervisor.poisoned);
    if supervisor.is_one_process && plan.is_deadly() {
        return outcome.done < plan.jobs();
    }
    (outcome.done, outcome.given_up) == (plan.jobs() - given_up, given_up)
        && outcome.crashes == plan.planned_crashes()
        && outcome.begun as usize == outcome.done + outcome.crashes as usize
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_ne_bytes(bytes.try_into().expect("four bytes"))
}

impl Outcome {
    /// A worker has done a job.
    fn did(&mut self, worker: usize, job: usize, from: Duration, to: Duration) {
        self.row(worker, State::Runs, format!("job {job}"), from, to);
    }

    /// A worker has crashed.
    fn lost(&mut self, worker: usize, how: &str, from: Duration, to: Duration) {
        self.crashes += 1;
        self.row(worker, State::Runs, how.to_owned(), from, to);
    }

    /// Another one is there in its place, unless the system has refused it.
    fn restarted(&mut self, worker: usize, from: Duration, to: Duration) {
        self.row(worker, State::Waits, "is started again".to_owned(), from, to);
    }

    fn row(&mut self, worker: usize, state: State, name: String, from: Duration, to: Duration) {
        let [start, end] = [from, to].map(|time| time.as_nanos() as u64);
        self.timeline[worker].1.push(Event { state, name, start, end });
    }

    fn take(&mut self, ledger: &Ledger) {
        let right = |(job, result): &(usize, &Option<u64>)| **result == Some(result_of(*job));
        self.done = ledger.results.iter().enumerate().filter(right).count();
        self.given_up = ledger.given_up.len();
        self.begun = ledger.tries.iter().sum();
    }
}

/// What is told of threads: counts in a mapping, which outlive the process that they live in.
type Counts = [AtomicU64; 4];
const DONE: usize = 0;
const BEGUN: usize = 1;
const PANICS: usize = 2;
const GIVEN_UP: usize = 3;

// ANCHOR: thread-supervisor
/// Workers are threads, and the supervisor lives in their process: a panic is like a crash, and anything else the end.
pub fn threads(plan: &Plan) -> io::Result<Outcome> {
    let counts: Shared<Counts> = Shared::new([const { AtomicU64::new(0) }; 4])?;
    let mut process = [fork(plan.limit(), || {
        let _ = leave_no_core();
        supervise_threads(plan, &counts).map_or_else(|error| error.to_string().into_bytes(), |()| Vec::new())
    })?];
    let died = match ended_by(&mut process, Instant::now() + plan.limit()) {
        Ok(true) => false,
        Ok(false) => return Err(io::ErrorKind::TimedOut.into()),
        Err(_) => true,
    };
    // What the system refused it is no crash.
    let refused = process.map(Child::said).concat();
    if !refused.is_empty() {
        return Err(io::Error::other(String::from_utf8_lossy(&refused).into_owned()));
    }
    let [done, begun, panics, given_up] = [DONE, BEGUN, PANICS, GIVEN_UP].map(|count| counts[count].load(SeqCst));
    Ok(Outcome {
        done: done as usize,
        given_up: given_up as usize,
        begun: begun as u32,
        crashes: panics as u32 + u32::from(died),
        restarts: panics as u32,
        ..Outcome::default()
    })
}
// ANCHOR_END: thread-supervisor

/// What a worker thread says: who it is, which job it had, and the result, or nothing if it panicked.
type Said = (usize, usize, Option<u64>);

fn supervise_threads(plan: &Plan, counts: &Counts) -> io::Result<()> {
    let (mut ledger, (tell, said)) = (Ledger::new(plan.jobs()), channel::<Said>());
    thread::scope(|scope| {
        let start = |number: usize| -> io::Result<Sender<(usize, u32)>> {
            let (jobs, orders) = channel();
            let tell = tell.clone();
            thread::Builder::new().spawn_scoped(scope, move || work_on(plan, number, &orders, &tell))?;
            Ok(jobs)
        };
        let mut workers = Vec::new();
        for number in 0..plan.workers.min(plan.jobs()) {
            match start(number) {
                Err(error) if workers.is_empty() => return Err(error),
                Err(_) => break,
                Ok(jobs) => workers.push((jobs, false)),
            }
        }
        while !ledger.is_settled() {
            for (jobs, busy) in workers.iter_mut().filter(|(_, busy)| !busy) {
                let Some(order) = ledger.next() else { break };
                counts[BEGUN].fetch_add(1, SeqCst);
                *busy = jobs.send(order).is_ok();
            }
            let (number, job, result) = said.recv().expect("this thread holds a sender");
            workers[number].1 = false;
            match result {
                Some(result) => {
                    ledger.done(job, result);
                    counts[DONE].fetch_add(1, SeqCst);
                }
                None => {
                    ledger.crashed(job);
                    counts[PANICS].fetch_add(1, SeqCst);
                    workers[number].0 = start(number)?;
                }
            }
        }
        counts[GIVEN_UP].store(ledger.given_up.len() as u64, SeqCst);
        drop(workers);
        Ok(())
    })
}

/// A worker thread: it says each result, and its own end by a panic.
fn work_on(plan: &Plan, number: usize, orders: &Receiver<(usize, u32)>, tell: &Sender<Said>) {
    while let Ok((job, attempt)) = orders.recv() {
        let result = std::panic::catch_unwind(|| plan.work(job, attempt)).ok();
        if tell.send((number, job, result)).is_err() || result.is_none() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_not_done_is_never_forgotten_and_one_that_is_counts_once() {
        let mut ledger = Ledger::new(2);
        assert_eq!(ledger.next(), Some((0, 1)));
        ledger.crashed(0);
        assert_eq!(ledger.next(), Some((0, 2)), "it comes before those that nobody has tried");
        assert_eq!(ledger.next(), Some((1, 1)));
        assert_eq!(ledger.next(), None);
        assert!(!ledger.is_settled());
        ledger.done(0, 7);
        ledger.done(0, 8);
        assert_eq!(ledger.results[0], Some(7));
        for attempt in 2..=TRIES {
            ledger.crashed(1);
            assert_eq!(ledger.next(), Some((1, attempt)));
        }
        ledger.crashed(1);
        assert!(ledger.is_settled() && ledger.given_up == [1] && ledger.next().is_none());
    }

    #[test]
    fn a_plan_is_the_same_for_the_same_seed_and_one_job_of_eight_crashes() {
        let plan = |jobs, seed, poisoned| Plan::new(4, jobs, Duration::ZERO, seed, poisoned);
        assert_eq!(plan(100, 1, false).crashes, plan(100, 1, false).crashes);
        assert_ne!(plan(100, 1, false).crashes, plan(100, 2, false).crashes);
        assert_eq!(plan(100, 1, false).planned_crashes(), 13);
        assert_eq!(plan(100, 1, true).planned_crashes(), 15);
        assert_eq!(plan(1, 1, false).planned_crashes(), 1);
    }
}
