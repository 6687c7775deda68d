//! The third question: a supervisor gives jobs to workers and replaces workers that crash or hang. If the workers are
//! processes, it loses no job. If they are threads, it ends with the first worker that does more than panic.

use std::collections::VecDeque;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::panic;
use std::process::{self, ExitStatus};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use lab::process::{Child, ended_by, fork};
use lab::report::thousands;
use lab::trace::{Event, State};
use lab::{Case, Chosen, Done, Question, Report, Row, Shared, Whole, Workers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

use crate::failures::Failure;
use crate::{LIMIT, in_words, leave_no_core};

/// How many jobs does a supervisor get done while its workers crash and hang, if they are processes, or threads?
#[derive(clap::Args)]
pub struct Supervisors {
    /// Give each supervisor this many jobs; one in eight makes the first worker that tries it fail
    #[arg(long, value_name = "N", default_value = "100")]
    jobs: Whole<1, 1000, usize>,

    /// Let each job take this many microseconds
    #[arg(long, value_name = "MICROSECONDS", default_value = "200")]
    job_time: Whole<0, 1_000_000>,

    /// Use this number to choose the jobs that fail
    #[arg(long, value_name = "N", default_value = "1")]
    seed: Whole<0, { u64::MAX }>,
}

/// How often a job is tried at most.
const TRIES: u32 = 3;

/// One of this many jobs fails its first worker.
const ONE_IN: usize = 8;

/// Which jobs there are, and what goes wrong.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many workers the supervisor starts.
    workers: usize,
    /// How long a job takes.
    job: Duration,
    /// For each job: how its first worker fails, if it does, and whether it fails after the work.
    failures: Vec<Option<(Failure, bool)>>,
    /// A job at which every worker fails.
    poison: Option<usize>,
}

/// What a supervisor counts, in a shared mapping, which outlives a supervisor that ends with its workers.
type Counts = Shared<[AtomicU64; 5]>;
const DONE: usize = 0;
const GIVEN_UP: usize = 1;
const BEGUN: usize = 2;
const CRASHES: usize = 3;
const HANGS: usize = 4;

/// What else a supervisor tells.
#[derive(Debug, Default)]
pub struct Log {
    /// Why there were fewer workers than planned, if so.
    refused: Option<String>,
    /// What each worker did.
    timeline: Vec<(String, Vec<Event>)>,
}

impl Log {
    fn row(
        &mut self,
        worker: usize,
        state: State,
        name: String,
        from: Duration,
        to: Duration,
    ) {
        let [start, end] = [from, to].map(|time| time.as_nanos() as u64);
        self.timeline[worker].1.push(Event { state, name, start, end });
    }
}

impl Plan {
    /// A plan for this many jobs. One in eight, chosen by the seed, fails its first worker: in turn by a panic, an abort,
    /// SIGKILL, an exit, or a hang. Every other of these workers fails before the work, and the rest fail after the work,
    /// before they could tell the result. With a `poison`, the first of these jobs fails every worker, in that way.
    fn new(
        workers: usize,
        jobs: usize,
        job: Duration,
        seed: u64,
        poison: Option<Failure>,
    ) -> Self {
        const KINDS: [Failure; 5] = [
            Failure::Panic,
            Failure::Abort,
            Failure::Kill,
            Failure::Exit,
            Failure::Hang,
        ];
        let mut order: Vec<usize> = (0..jobs).collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut order);
        let mut failures = vec![None; jobs];
        let failing = &mut order[..jobs.div_ceil(ONE_IN)];
        failing.sort_unstable();
        for (number, job) in failing.iter().enumerate() {
            failures[*job] = Some((KINDS[number % KINDS.len()], number % 2 == 1));
        }
        if let Some(failure) = poison {
            failures[failing[0]] = Some((failure, false));
        }
        Self { workers, job, failures, poison: poison.map(|_| failing[0]) }
    }

    /// How often a worker will fail in such a way.
    fn planned(&self, so: impl Fn(Failure) -> bool) -> u64 {
        let tries =
            |job| u64::from(if self.poison == Some(job) { TRIES } else { 1 });
        let failing = (0..)
            .zip(&self.failures)
            .filter(|(_, how)| how.is_some_and(|(failure, _)| so(failure)));
        failing.map(|(job, _)| tries(job)).sum()
    }

    /// How long a worker may take for a job. That is much longer than the job takes, even if many workers share a CPU. If a
    /// worker is late nevertheless, this costs a try.
    fn deadline(&self) -> Duration {
        2 * self.job + Duration::from_millis(300 + 5 * self.workers as u64)
    }

    /// How long all jobs may take, if one worker does all of them and begins each as often as it may.
    fn limit(&self) -> Duration {
        LIMIT + (self.job * TRIES + self.deadline()) * self.failures.len() as u32
    }

    // ANCHOR: job
    /// Does a job, and returns its result. `attempt` counts the tries, from 1.
    fn work(&self, job: usize, attempt: u32) -> u64 {
        let is_doomed = attempt == 1 || self.poison == Some(job);
        let failure = self.failures[job].filter(|_| is_doomed);
        if let Some((failure, false)) = failure {
            failure.happen();
        }
        let begin = Instant::now();
        while begin.elapsed() < self.job {}
        if let Some((failure, true)) = failure {
            failure.happen(); // the work is done, and nobody learns of it
        }
        result_of(job)
    }
    // ANCHOR_END: job
}

fn result_of(job: usize) -> u64 {
    (job * job) as u64
}

/// Makes failures in this process print nothing and leave nothing on a disk.
fn fail_in_silence() {
    panic::set_hook(Box::new(|_| {}));
    let _ = leave_no_core();
}

// ANCHOR: ledger
/// What has become of each job. A job whose worker died waits again. A job is
/// forgotten when its result is there, not when a worker takes it.
#[derive(Debug)]
struct Ledger {
    waiting: VecDeque<usize>,
    tries: Vec<u32>,
    results: Vec<Option<u64>>,
    given_up: Vec<usize>,
}

impl Ledger {
    /// The next job, and which try this is.
    fn next(&mut self) -> Option<(usize, u32)> {
        let job = self.waiting.pop_front()?;
        self.tries[job] += 1;
        Some((job, self.tries[job]))
    }

    /// The first result counts. A second result changes nothing.
    fn done(&mut self, job: usize, result: u64) {
        self.results[job].get_or_insert(result);
    }

    /// The job's worker has died or was killed. Another worker gets the job, unless
    /// it was tried too often.
    fn lost(&mut self, job: usize) {
        match self.tries[job] {
            TRIES.. => self.given_up.push(job),
            _ => self.waiting.push_front(job),
        }
    }
}
// ANCHOR_END: ledger

impl Ledger {
    fn new(jobs: usize) -> Self {
        Self {
            waiting: (0..jobs).collect(),
            tries: vec![0; jobs],
            results: vec![None; jobs],
            given_up: Vec::new(),
        }
    }

    /// Whether every job has its result, or was given up.
    fn is_settled(&self) -> bool {
        self.results.iter().flatten().count() + self.given_up.len()
            == self.results.len()
    }

    /// Writes down what has become of the jobs so far.
    fn publish(&self, counts: &Counts) {
        let done = (0..)
            .zip(&self.results)
            .filter(|(job, result)| **result == Some(result_of(*job)))
            .count() as u64;
        let begun = self.tries.iter().copied().map(u64::from).sum();
        for (count, number) in
            [(DONE, done), (GIVEN_UP, self.given_up.len() as u64), (BEGUN, begun)]
        {
            counts[count].store(number, SeqCst);
        }
    }
}

/// One of the supervisor's workers, a process or a thread.
struct Worker<'a> {
    jobs: PipeWriter,
    results: PipeReader,
    /// Waits for the worker's end, and says how it ended. A worker that is late is killed first.
    end: Box<dyn FnOnce(bool) -> io::Result<String> + 'a>,
    /// The job that the worker has, and since when.
    has: Option<(usize, Duration)>,
}

// ANCHOR: supervisor
/// Gives jobs to workers, and replaces workers that crash or hang. A crash closes
/// the worker's pipe. In a hang nothing happens, so only the clock can tell.
fn supervise<'a>(
    plan: &Plan,
    counts: &Counts,
    start: impl Fn() -> io::Result<Worker<'a>>,
) -> io::Result<Log> {
    let (mut ledger, mut log) = (Ledger::new(plan.failures.len()), Log::default());
    let mut workers = Vec::new();
    for number in 0..plan.workers.min(plan.failures.len()) {
        workers.push(start_one(&start, &workers, &mut log)?);
        log.timeline.push((format!("worker {number}"), Vec::new()));
    }
    let began = Instant::now();
    while !ledger.is_settled() {
        for worker in workers.iter_mut().flatten().filter(|each| each.has.is_none())
        {
            let Some((job, attempt)) = ledger.next() else { break };
            ledger.publish(counts);
            worker.give(job, attempt, began.elapsed());
        }
        for (number, is_late) in have_news(&workers, plan.deadline(), began)? {
            let Some(mut worker) = workers[number].take() else { continue };
            let (job, since) =
                worker.has.take().expect("only workers with a job have news");
            let result = if is_late { None } else { worker.result()? };
            if let Some(result) = result {
                ledger.done(job, result);
                log.row(
                    number,
                    State::Runs,
                    format!("job {job}"),
                    since,
                    began.elapsed(),
                );
                workers[number] = Some(worker);
                continue;
            }
            let (failed, how) = (began.elapsed(), (worker.end)(is_late)?);
            let at = if is_late { "at its deadline, with" } else { "at" };
            log.row(
                number,
                State::Runs,
                format!("{how} {at} job {job}"),
                since,
                failed,
            );
            counts[if is_late { HANGS } else { CRASHES }].fetch_add(1, SeqCst);
            ledger.lost(job);
            if !ledger.is_settled() {
                workers[number] = start_one(&start, &workers, &mut log)?;
                log.row(
                    number,
                    State::Waits,
                    "is started again".to_owned(),
                    failed,
                    began.elapsed(),
                );
            }
        }
    }
    ledger.publish(counts);
    Ok(log)
}
// ANCHOR_END: supervisor

/// Starts a worker. If the system refuses, the other workers do the rest, if there are any.
fn start_one<'a>(
    start: &impl Fn() -> io::Result<Worker<'a>>,
    others: &[Option<Worker<'a>>],
    log: &mut Log,
) -> io::Result<Option<Worker<'a>>> {
    match start() {
        Ok(worker) => Ok(Some(worker)),
        Err(error) if others.iter().all(Option::is_none) => Err(error),
        Err(error) => {
            log.refused = Some(format!(
                "the system refused a worker, so the other workers did more: {error}"
            ));
            Ok(None)
        }
    }
}

/// Waits until a worker has sent a result or ended, or until the first worker is late. Returns the numbers of the workers with
/// news, and for each whether the news is that it is late and silent.
fn have_news(
    workers: &[Option<Worker<'_>>],
    most: Duration,
    began: Instant,
) -> io::Result<Vec<(usize, bool)>> {
    let (mut busy, mut pipes) = (Vec::new(), Vec::new());
    for (number, worker) in workers.iter().enumerate() {
        if let Some((worker, (_, since))) =
            worker.as_ref().and_then(|worker| Some((worker, worker.has?)))
        {
            busy.push((number, since + most));
            pipes.push(PollFd::new(&worker.results, PollFlags::IN));
        }
    }
    let first = busy
        .iter()
        .map(|(_, due)| due.saturating_sub(began.elapsed()))
        .min()
        .unwrap_or_default();
    let first =
        Timespec::try_from(first).expect("a deadline is less than centuries away");
    match poll(&mut pipes, Some(&first)) {
        Err(rustix::io::Errno::INTR) => return Ok(Vec::new()),
        said => said?,
    };
    let now = began.elapsed();
    let all = busy.iter().zip(&pipes).map(|((number, due), pipe)| {
        (*number, pipe.revents().is_empty(), now >= *due)
    });
    Ok(all
        .filter(|(_, silent, late)| !silent || *late)
        .map(|(number, silent, _)| (number, silent))
        .collect())
}

impl<'a> Worker<'a> {
    /// Starts a worker with its ends of two pipes. `start` returns a function that waits for the worker's end.
    fn new<E: FnOnce(bool) -> io::Result<String> + 'a>(
        start: impl FnOnce(PipeReader, PipeWriter) -> io::Result<E>,
    ) -> io::Result<Self> {
        let ((takes, jobs), (results, tells)) = (io::pipe()?, io::pipe()?);
        Ok(Self { jobs, results, end: Box::new(start(takes, tells)?), has: None })
    }

    fn process(plan: &Plan) -> io::Result<Self> {
        Self::new(|takes, tells| {
            let process = fork(plan.limit(), || {
                fail_in_silence();
                plan.work_on(takes, tells);
                Vec::new()
            })?;
            Ok(move |is_late| {
                if is_late {
                    process.signal(Signal::KILL)?;
                }
                Ok(in_words(ExitStatus::from_raw(process.wait()?.as_raw())))
            })
        })
    }

    fn thread(plan: &'a Plan, scope: &'a Scope<'a, '_>) -> io::Result<Self> {
        Self::new(|takes, tells| {
            let thread = thread::Builder::new()
                .spawn_scoped(scope, move || plan.work_on(takes, tells))?;
            Ok(move |is_late| {
                if is_late {
                    process::abort(); // nothing else ends a thread that hangs
                }
                Ok(if thread.join().is_err() { "panic" } else { "returned" }
                    .to_owned())
            })
        })
    }

    /// Gives the worker a job. If the worker is dead, the closed pipe of its results will tell.
    fn give(&mut self, job: usize, attempt: u32, now: Duration) {
        self.has = Some((job, now));
        let _ = self.jobs.write_all(
            &[(job as u32).to_ne_bytes(), attempt.to_ne_bytes()].concat(),
        );
    }

    /// The result of its job, or nothing if the worker has crashed.
    fn result(&mut self) -> io::Result<Option<u64>> {
        let mut result = [0; 8];
        match self.results.read_exact(&mut result) {
            Ok(()) => Ok(Some(u64::from_ne_bytes(result))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Plan {
    /// What a worker does, again and again: it reads a job, does it, and writes the result. A result is written in one piece or
    /// not at all.
    fn work_on(&self, mut takes: PipeReader, mut tells: PipeWriter) {
        let mut order = [0; 8];
        while takes.read_exact(&mut order).is_ok() {
            let [job, attempt] = [0, 4].map(|at| {
                u32::from_ne_bytes([0, 1, 2, 3].map(|byte| order[at + byte]))
            });
            if tells
                .write_all(&self.work(job as usize, attempt).to_ne_bytes())
                .is_err()
            {
                break;
            }
        }
    }
}

/// A supervisor whose workers are processes.
fn processes(plan: &Plan, counts: &Counts) -> io::Result<Log> {
    supervise(plan, counts, || Worker::process(plan))
}

/// A supervisor whose workers are threads of its own process. A panic closes a pipe too, and any other failure ends everything.
fn threads(plan: &Plan, counts: &Counts) -> io::Result<Log> {
    let mut process = [fork(plan.limit(), || {
        fail_in_silence();
        let done = thread::scope(|scope| {
            supervise(plan, counts, || Worker::thread(plan, scope))
        });
        done.map_or_else(|error| error.to_string().into_bytes(), |_| Vec::new())
    })?];
    match ended_by(&mut process, Instant::now() + plan.limit()) {
        Ok(true) => {}
        Ok(false) => return Err(io::ErrorKind::TimedOut.into()),
        Err(_) => drop(counts[CRASHES].fetch_add(1, SeqCst)),
    }
    // If the system refused something, that's no crash.
    match process.map(Child::said).concat() {
        refused if refused.is_empty() => Ok(Log::default()),
        refused => {
            Err(io::Error::other(String::from_utf8_lossy(&refused).into_owned()))
        }
    }
}

/// Does the jobs of a plan.
type Supervisor = fn(&Plan, &Counts) -> io::Result<Log>;

/// The supervisors: the name, the function, and how one of the jobs fails every worker, if one does.
const SUPERVISORS: [(&str, Supervisor, Option<Failure>); 4] = [
    ("supervised-processes", processes, None),
    ("poison-job", processes, Some(Failure::Panic)),
    ("hanging-job", processes, Some(Failure::Hang)),
    ("supervised-threads", threads, None),
];

/// Whether the counts are as they must be: every job was done once, except a job that fails every worker, and each planned
/// failure was seen. Or one failure ended everything, and some job wasn't done. A worker that got no CPU for long looks like
/// one that hangs.
fn is_as_it_should_be(
    name: &str,
    plan: &Plan,
    [done, given_up, begun, crashes, hangs]: [u64; 5],
) -> bool {
    let (jobs, lost) =
        (plan.failures.len() as u64, u64::from(plan.poison.is_some()));
    if name == "supervised-threads" && plan.planned(|how| how != Failure::Panic) > 0
    {
        return done < jobs;
    }
    (done, given_up) == (jobs - lost, lost)
        && begun == done + crashes + hangs
        && hangs >= plan.planned(|how| how == Failure::Hang)
        && crashes + hangs >= plan.planned(|_| true)
}

impl Question for Supervisors {
    const NAME: &str = "supervisors";
    const SHOWN: &str =
        "with processes for workers, every job that can be done has one result";
    const EXAMPLES: &str = "cargo run -p failure-containment -- supervisors
        cargo run -p failure-containment -- supervisors --variant poison-job --workers 8
        cargo run -p failure-containment -- supervisors --jobs 40 --job-time 2000 --trace trace.json";
    const WORKERS: Option<Workers> = Some(Workers {
        default: Some(4),
        help: "Give each supervisor this many workers",
        ..Workers::ANY
    });
    const TIMES: bool = false;
    type Given = (Supervisor, Plan);
    type Run = ([u64; 5], Log);

    fn variants() -> Vec<&'static str> {
        SUPERVISORS.map(|(name, ..)| name).into()
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Self::Given>>> {
        let job = Duration::from_micros(self.job_time.0);
        let plan =
            |poison| Plan::new(workers, self.jobs.0, job, self.seed.0, poison);
        Ok(SUPERVISORS
            .map(|(name, run, poison)| {
                Case::new(name, workers, (run, plan(poison)))
            })
            .into())
    }

    fn run(&self, case: &Case<Self::Given>) -> io::Result<Self::Run> {
        let (supervisor, plan) = &case.given;
        let counts = Shared::new([const { AtomicU64::new(0) }; 5])?;
        let log = supervisor(plan, &counts)?;
        Ok((std::array::from_fn(|count| counts[count].load(SeqCst)), log))
    }

    fn tell(
        &self,
        case: &Case<Self::Given>,
        runs: &[Self::Run],
        row: &mut Row<'_>,
    ) {
        let ((_, plan), (counts, log)) = (&case.given, &runs[0]);
        row.number("jobs", "jobs", plan.failures.len() as f64);
        row.words("begun", thousands(counts[BEGUN]));
        row.aside("begun", "times", counts[BEGUN] as f64);
        row.number("crashes", "crashes", counts[CRASHES] as f64);
        row.number("hangs", "hangs", counts[HANGS] as f64);
        row.number("given-up", "jobs", counts[GIVEN_UP] as f64);
        row.number("done", "jobs", counts[DONE] as f64);
        if let Some(why) = &log.refused {
            row.say(format!("{}: {why}.", case.name));
        }
        if !log.timeline.is_empty() {
            row.timeline(case.variant, &log.timeline);
        }
        if !is_as_it_should_be(case.variant, plan, *counts) {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say(format!(
                "One job in {ONE_IN} makes the first worker that tries it crash or hang; poison-job and hanging-job have a job that \
                 does so to every worker. A job whose worker fails is tried again, up to {TRIES} times in all. The column begun counts \
                 every try."
            ));
        }
        if let [.., threads] = done
            && done.len() == SUPERVISORS.len()
        {
            report.say_if_right("With processes for workers, the supervisor loses no job. It gives up only a job that makes every worker crash or hang.");
            report.say_if_right(
                match threads.runs[0].0[DONE] == self.jobs.0 as u64 {
                    true => "With threads for workers, the supervisor got all jobs done too, because no failure was worse than a panic.",
                    false => "With threads for workers, the supervisor ends with the first worker that does more than panic.",
                },
            );
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
        ledger.lost(0);
        assert_eq!(
            ledger.next(),
            Some((0, 2)),
            "a lost job comes before jobs that nobody has tried"
        );
        assert_eq!(ledger.next(), Some((1, 1)));
        assert_eq!(ledger.next(), None);
        assert!(!ledger.is_settled());
        ledger.done(0, 7);
        ledger.done(0, 8);
        assert_eq!(ledger.results[0], Some(7));
        for attempt in 2..=TRIES {
            ledger.lost(1);
            assert_eq!(ledger.next(), Some((1, attempt)));
        }
        ledger.lost(1);
        assert!(
            ledger.is_settled()
                && ledger.given_up == [1]
                && ledger.next().is_none()
        );
    }
}
