//! What three of the questions have in common: they run their cases, and tell how long they took.

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use cpu_vs_io::server::Server;
use cpu_vs_io::{Job, VARIANTS, Variant};
use lab::report::shown;
use lab::{Done, Question, Row, machine, median, of_rounds};

/// One task after the other: what all variants are compared with.
pub const SERIAL: &str = VARIANTS[0].name;

/// A variant that does a job.
pub struct Given {
    pub variant: Variant,
    /// What the work is called.
    pub work: &'static str,
    pub job: Job,
    /// How often the job runs in each round. A short job is disturbed easily, so it runs more often.
    pub often: u32,
    /// The server, if the tasks send requests.
    pub server: Option<Rc<Server>>,
}

impl Given {
    /// Does the job, and asks the server how long its answers lay there unread.
    pub fn run(&self) -> io::Result<cpu_vs_io::Done> {
        let done = self.variant.run(&self.job)?;
        let unread = self
            .server
            .as_ref()
            .map(|server| server.longest_unread())
            .transpose()?;
        Ok(cpu_vs_io::Done { unread, ..done })
    }
}

/// What a case took in a round, for each time that it ran.
pub type Took = Vec<cpu_vs_io::Done>;

/// What a case of these questions is, how often it runs, and what it is compared with.
macro_rules! measured {
    () => {
        const BASELINE: Option<&str> = Some($crate::measured::SERIAL);
        const DRAWS: bool = false;
        type Given = Given;
        type Run = $crate::measured::Took;

        fn rounds(&self) -> u64 {
            self.rounds.0
        }

        fn run(&self, case: &Case<Given>) -> io::Result<Self::Run> {
            (0..case.given.often).map(|_| case.given.run()).collect()
        }
    };
}
pub(crate) use measured;

/// The median of `what` over all runs.
pub fn of(runs: &[Took], what: impl Fn(&cpu_vs_io::Done) -> f64) -> f64 {
    median(runs.iter().flatten().map(what))
}

/// How long the case took, in nanoseconds.
pub fn time(runs: &[Took]) -> f64 {
    of_rounds(runs.iter().flatten().map(|took| took.elapsed.as_nanos() as f64))
}

/// Tells how long a case took, whether its sum is right, and how many times as fast it was as the same tasks one after the
/// other, round by round. The metrics' names begin with `prefix`.
pub fn tell<Q: Question<Given = Given, Run = Took>>(
    done: &Done<Q>,
    all: &[Done<Q>],
    prefix: &str,
    row: &mut Row<'_>,
) {
    row.number_in("time", &format!("{prefix}time"), "ns", time(&done.runs));
    row.number_in(
        "speed-up",
        &format!("{prefix}speed-up"),
        "times",
        speed_up(done, all),
    );
    check(done, all, row);
}

/// How many times as fast a case was as the same tasks one after the other, round by round.
pub fn speed_up<Q: Question<Given = Given, Run = Took>>(
    done: &Done<Q>,
    all: &[Done<Q>],
) -> f64 {
    let serial = all.iter().find(|other| {
        other.case.name == SERIAL && other.case.given.work == done.case.given.work
    });
    let rounds = serial
        .iter()
        .flat_map(|serial| serial.runs.iter().flatten())
        .zip(done.runs.iter().flatten());
    median(rounds.map(|(serial, own)| {
        serial.elapsed.as_secs_f64() / own.elapsed.as_secs_f64()
    }))
}

/// How many times as fast as one task after the other the slowest and the fastest way to do this work were, as the table shows
/// it.
pub fn extremes<Q: Question<Given = Given, Run = Took>>(
    work: &str,
    all: &[Done<Q>],
) -> Option<String> {
    let others = all
        .iter()
        .filter(|done| done.case.given.work == work && done.case.name != SERIAL);
    let mut told: Vec<_> =
        others.map(|done| (speed_up(done, all), &done.case)).collect();
    told.sort_by(|one, other| one.0.total_cmp(&other.0));
    let [(least, slowest), .., (most, fastest)] = &told[..] else { return None };
    let [least, most] = [least, most].map(|times| shown(*times, "times"));
    Some(format!(
        "{work} was between {least} times ({}) and {most} times ({}) as fast",
        slowest.name, fastest.name
    ))
}

/// Checks that a case came to the same sum as all other cases with the same tasks.
pub fn check<Q: Question<Given = Given, Run = Took>>(
    done: &Done<Q>,
    all: &[Done<Q>],
    row: &mut Row<'_>,
) {
    let tasks =
        |done: &Done<Q>| (done.case.given.job.work, done.case.given.job.tasks);
    let same = all
        .iter()
        .filter(|other| tasks(other) == tasks(done))
        .flat_map(|other| other.runs.iter().flatten());
    let first = same.map(|took| took.sum).next();
    if done.runs.iter().flatten().any(|took| Some(took.sum) != first) {
        row.wrong();
    }
}

/// Lets every CPU compute for a while. A CPU that has rested is slow at first: its clock may be lower, and in a virtual machine
/// the CPU may not have a core yet.
pub fn wake_all_cpus() {
    let began = Instant::now();
    // If no thread can be started, the measurements after this will say so.
    let _ = lab::threads(machine::usable_cpus(), |_| {
        while began.elapsed() < Duration::from_millis(300) {
            lab::work::square_roots(0..10_000);
        }
    });
}
