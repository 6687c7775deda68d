//! What three of the questions do with their cases: run them, and say what they took.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use cpu_vs_io::server::Server;
use cpu_vs_io::{Done as Took, Job, VARIANTS, Variant};
use lab::{Case, Done, Question, Row, machine, median};

/// One after the other, which is what all are compared with.
pub const SERIAL: &str = VARIANTS[0].name;

/// A variant that does a job.
pub struct Given {
    pub variant: Variant,
    /// What the work is called.
    pub work: &'static str,
    pub job: Job,
    /// How often it runs in each round: what is short is disturbed easily, and runs more often.
    pub often: u32,
    /// The server that it asks, if it asks one.
    pub server: Option<Rc<Server>>,
}

/// Runs a case once, or as often as it is to run in a round.
pub fn run(case: &Case<Given>) -> io::Result<Vec<Took>> {
    (0..case.given.often).map(|_| case.given.variant.run(&case.given.job)).collect()
}

/// The median over all runs of what this makes of each.
pub fn of(runs: &[Vec<Took>], what: impl Fn(&Took) -> f64) -> f64 {
    median(runs.iter().flatten().map(what))
}

/// How long it took, in nanoseconds.
pub fn time(runs: &[Vec<Took>]) -> f64 {
    of(runs, |took| took.elapsed.as_nanos() as f64)
}

/// Tells what a case took, and how many times as fast it was as the same work one after the other, round by round. The
/// metrics' names begin with `prefix`.
pub fn tell<Q>(done: &Done<Q>, all: &[Done<Q>], prefix: &str, row: &mut Row<'_>)
where
    Q: Question<Given = Given, Run = Vec<Took>>,
{
    let (named, runs) = (|metric: &str| format!("{prefix}{metric}"), &done.runs);
    row.number_in("was stopped", &named("was-stopped"), "switches", of(runs, |took| took.used.involuntary as f64));
    row.number_in("gave way", &named("gave-way"), "switches", of(runs, |took| took.used.voluntary as f64));
    row.number_in("CPU time", &named("cpu"), "ns", of(runs, |took| took.used.cpu.as_nanos() as f64));
    row.number_in("time", &named("time"), "ns", time(runs));
    let serial = all.iter().find(|other| other.case.name == SERIAL && other.case.given.work == done.case.given.work);
    let rounds = serial.iter().flat_map(|serial| serial.runs.iter().flatten()).zip(runs.iter().flatten());
    let speed_up = median(rounds.map(|(serial, own)| serial.elapsed.as_secs_f64() / own.elapsed.as_secs_f64()));
    row.number_in("speed-up", &named("speed-up"), "times", speed_up);
}

/// Checks that a case came to the sum that others come to with the same tasks.
pub fn check<Q>(done: &Done<Q>, all: &[Done<Q>], row: &mut Row<'_>)
where
    Q: Question<Given = Given, Run = Vec<Took>>,
{
    let tasks = |done: &Done<Q>| (done.case.given.job.work, done.case.given.job.tasks);
    let same = all.iter().filter(|other| tasks(other) == tasks(done)).flat_map(|other| other.runs.iter().flatten());
    let first = same.map(|took| took.sum).next();
    if done.runs.iter().flatten().any(|took| Some(took.sum) != first) {
        row.wrong();
    }
}

/// Lets every CPU compute for a while. One that has rested is slow at first: it may clock lower, and a virtual machine's may
/// have no core of its own yet.
pub fn wake_all_cpus() {
    let began = Instant::now();
    // If no thread can be started, what is measured says so.
    let _ = lab::threads(machine::usable_cpus(), |_| {
        while began.elapsed() < Duration::from_millis(300) {
            lab::work::square_roots(0..10_000);
        }
    });
}
