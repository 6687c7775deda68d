//! What ends what? A panic, an abort, a fault, a kill: in a thread, and in a process.
//!
//! Run `cargo run -p failure-containment` and look at the last column: who goes on when one of three has failed.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use failure_containment::endings::{End, WAYS, Way};
use failure_containment::folder::Folder;
use failure_containment::supervisor::{self, MOST_JOBS, Outcome, Plan, SUPERVISORS, Supervisor};
use failure_containment::teams::{self, Ended, Lock, Scene, Seen};
use failure_containment::{VARIANTS, Variant};
use lab::arguments::whole;
use lab::{Ending, Report, Trace, memory};

/// What ends what: failures and kills, in a thread and in a process.
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers.default_value("4").help("How many workers a supervisor has")),
    after_help = "Exit codes:
  0  everybody survived who is to, and nobody else; every job that can be done has its result once
  1  it wasn't so, or a variant was left out
  2  wrong arguments

Examples:
  cargo run -p failure-containment
  cargo run -p failure-containment -- --variant segfault-thread
  cargo run -p failure-containment -- --variant abort-process --keep 20    (then `ps -ejH`, to see a zombie and an orphan)
  cargo run -p failure-containment -- --variant supervised-processes --jobs 40 --job-time 2000 --trace trace.json"
)]
struct Arguments {
    /// How often somebody is ended in each way; the median of the times is shown
    #[arg(long, value_name = "N", default_value_t = 21, value_parser = whole::<usize>(1..=10_000), allow_negative_numbers = true)]
    rounds: usize,

    /// How many jobs each supervisor has; one of eight crashes its worker
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = whole::<usize>(1..=MOST_JOBS as u64), allow_negative_numbers = true)]
    jobs: usize,

    /// How long a job takes, in microseconds
    #[arg(long, value_name = "MICROSECONDS", default_value_t = 200, value_parser = whole::<u64>(0..=1_000_000), allow_negative_numbers = true)]
    job_time: u64,

    /// Which of the jobs crash their worker: another seed, other jobs
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole::<u64>(0..=u64::MAX), allow_negative_numbers = true)]
    seed: u64,

    /// Keep whoever has failed, and whoever they leave, for a while, to be looked at with other tools
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = whole::<u64>(0..=20), allow_negative_numbers = true)]
    keep: u64,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = names())]
    variant: Option<String>,

    #[command(flatten)]
    common: lab::Arguments,
}

fn names() -> Vec<&'static str> {
    let failures = VARIANTS.iter().map(|variant| variant.name);
    failures.chain(WAYS.iter().map(|way| way.name)).chain(SUPERVISORS.iter().map(|each| each.name)).collect()
}

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| experiment(&arguments))
}

/// What has been found so far.
struct Findings {
    report: Report,
    trace: Trace,
    /// The variants that weren't as they should be.
    wrong: Vec<&'static str>,
    /// Whether a variant was left out.
    is_partial: bool,
    /// Whether a zombie was there that couldn't be seen.
    unseen: bool,
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    if let (Some(name), true) = (&arguments.variant, arguments.common.trace.is_some())
        && WAYS.iter().any(|way| way.name == name)
    {
        let what = format!("--variant {name} is a time alone and has no timeline; leave --trace out");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    teams::become_reaper()?;
    let report = Report::new("failure-containment", &["variant", "ends by", "left behind", "goes on"]);
    let mut found = Findings { report, trace: Trace::default(), wrong: Vec::new(), is_partial: false, unseen: false };
    let wanted = |name: &str| arguments.variant.as_deref().is_none_or(|only| only == name);

    let folder = Folder::new().map_err(|error| found.report.left_out("temporary files", error)).ok();
    let scene = Scene {
        folder: folder.as_ref().map(Folder::path).filter(|path: &&Path| path.is_dir()),
        keep: Duration::from_secs(arguments.keep),
    };
    let mut said = Vec::new();
    for variant in VARIANTS.into_iter().filter(|variant| wanted(variant.name)) {
        match teams::show(variant.team, variant.failure, scene) {
            Ok(seen) => said.extend(found.failed(&variant, &seen)),
            Err(error) => found.leave_out(variant.name, error),
        }
    }
    for way in WAYS.into_iter().filter(|way| wanted(way.name)) {
        match end_often(&way, arguments.rounds) {
            Ok(ends) => found.ended(&way, &ends),
            Err(error) => found.leave_out(way.name, error),
        }
    }
    for supervisor in SUPERVISORS.into_iter().filter(|supervisor| wanted(supervisor.name)) {
        let job = Duration::from_micros(arguments.job_time);
        let plan = Plan::new(arguments.common.workers, arguments.jobs, job, arguments.seed, supervisor.poisoned);
        match (supervisor.run)(&plan) {
            Ok(outcome) => found.supervised(&supervisor, &plan, &outcome),
            Err(error) => found.leave_out(supervisor.name, error),
        }
    }
    if found.unseen {
        found.report.left_out("zombies", "there is no /proc to see them in");
    }
    for words in said {
        found.report.say(words);
    }
    let Findings { mut report, trace, wrong, is_partial, .. } = found;
    match &wrong[..] {
        [] if is_partial || arguments.variant.is_some() => {}
        [] => {
            report.say("Whatever the victim had half done in shared memory stays so, in every row.");
            report.say(
                "A thread's failure is its own only if it is a panic. A process's always is; what it shared is not.",
            );
        }
        wrong => report.say(format!("NOT as it should be: {}.", wrong.join(", "))),
    }
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if wrong.is_empty() && !is_partial { Ending::Shown } else { Ending::NotShown })
}

/// Ends somebody so often in this way; one who doesn't listen, or takes much memory, seldom.
fn end_often(way: &Way, rounds: usize) -> io::Result<Vec<End>> {
    if way.takes > 0 && memory::room().is_some_and(|room| room < way.takes + way.takes / 4) {
        return Err(io::Error::other("there is too little memory for it"));
    }
    let rounds = if way.takes > 0 || !way.listens { rounds.min(3) } else { rounds };
    (0..rounds).map(|_| (way.end)()).collect()
}

impl Findings {
    fn leave_out(&mut self, name: &'static str, error: io::Error) {
        self.report.left_out(name, error);
        self.is_partial = true;
    }

    /// Reports a failure; what the runtime said of it, if it said something.
    fn failed(&mut self, variant: &Variant, seen: &Seen) -> Option<String> {
        let survivors = u8::from(seen.main_survives) + u8::from(seen.bystander_survives);
        let cells = [variant.name.to_owned(), ended(seen.victim), left(seen), format!("{survivors} of 2")];
        self.report.row(cells, f64::from(survivors) / 2.0);
        let mut tell = |metric, value: bool| {
            self.report.outcome(variant.name, 1, metric, "of 1", f64::from(u8::from(value)));
        };
        tell("main-survives", seen.main_survives);
        tell("bystander-survives", seen.bystander_survives);
        tell("poisoned", seen.poisoned);
        tell("owner-died", seen.robust == Lock::OwnerDied);
        tell("stuck", seen.plain == Lock::Stuck);
        tell("half-done", seen.half_done);
        tell("orphan", seen.orphan);
        tell("tied-orphan", seen.tied_orphan);
        if let Some(files) = seen.files {
            self.report.outcome(variant.name, 1, "files-left", "of 2", files as f64);
        }
        if let Some(zombie) = seen.zombie {
            self.report.outcome(variant.name, 1, "zombie", "of 1", f64::from(u8::from(zombie)));
        }
        self.unseen |= variant.apart && seen.zombie.is_none();
        if !variant.is_as_it_should_be(seen) {
            self.wrong.push(variant.name);
            self.report.say(format!("{}: {seen:?}", variant.name));
        }
        self.trace.rows(variant.name, &seen.timeline);
        // What follows is a backtrace, or how to get one.
        let said =
            seen.said.split("stack backtrace").next().unwrap_or_default().split("note: ").next().unwrap_or_default();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        (!variant.apart && !said.is_empty()).then(|| format!("{} says: {said}", variant.name))
    }

    fn ended(&mut self, way: &Way, ends: &[End]) {
        let mut took: Vec<Duration> = ends.iter().map(|end| end.took).collect();
        took.sort_unstable();
        let took = took[took.len() / 2];
        let listened = ends.iter().filter(|end| end.ended).count();
        let by = match ends[0].signal {
            0 => "asking".to_owned(),
            signal => name_of(signal),
        };
        self.report.row([way.name.to_owned(), by, "–".to_owned(), after(took)], 0.0);
        self.report.outcome(way.name, 1, "to-end", "ns", took.as_nanos() as f64);
        let killed = ends.iter().filter(|end| end.signal == libc::SIGKILL).count();
        let share = |count: usize| 100.0 * count as f64 / ends.len() as f64;
        self.report.outcome(way.name, 1, "listened", "%", share(listened));
        self.report.outcome(way.name, 1, "killed", "%", share(killed));
        if listened != if way.listens { ends.len() } else { 0 } {
            self.wrong.push(way.name);
        }
    }

    fn supervised(&mut self, supervisor: &Supervisor, plan: &Plan, outcome: &Outcome) {
        let (name, jobs) = (supervisor.name, plan.jobs());
        let cells = [
            name.to_owned(),
            counted(outcome.crashes.into(), "crash"),
            format!("{} given up", outcome.given_up),
            format!("{}/{}", outcome.done, counted(jobs as u64, "job")),
        ];
        self.report.row(cells, outcome.done as f64 / jobs as f64);
        let mut tell = |metric, unit, value: f64| self.report.outcome(name, plan.workers, metric, unit, value);
        tell("jobs", "jobs", jobs as f64);
        tell("done", "jobs", outcome.done as f64);
        tell("given-up", "jobs", outcome.given_up as f64);
        tell("begun", "times", f64::from(outcome.begun));
        tell("crashes", "crashes", f64::from(outcome.crashes));
        tell("restarts", "restarts", f64::from(outcome.restarts));
        self.report.say(format!(
            "{name}: {} of {} done, {} given up; {}, {}; jobs were begun {}.",
            outcome.done,
            counted(jobs as u64, "job"),
            outcome.given_up,
            counted(outcome.crashes.into(), "crash"),
            counted(outcome.restarts.into(), "restart"),
            counted(outcome.begun.into(), "time"),
        ));
        if let Some(why) = &outcome.refused {
            self.report.say(format!("{name}: {why}."));
        }
        if !outcome.timeline.is_empty() {
            self.trace.rows(name, &outcome.timeline);
        }
        if !supervisor::is_as_it_should_be(supervisor, plan, outcome) {
            self.wrong.push(name);
        }
    }
}

/// How somebody ended, in a word or two.
fn ended(ended: Ended) -> String {
    match ended {
        Ended::Returned => "returned".to_owned(),
        Ended::Panicked => "panic".to_owned(),
        Ended::Exited(code) => format!("exit {code}"),
        Ended::Signalled(signal) => name_of(signal),
    }
}

fn name_of(signal: i32) -> String {
    match signal {
        libc::SIGABRT => "SIGABRT".to_owned(),
        libc::SIGSEGV => "SIGSEGV".to_owned(),
        libc::SIGKILL => "SIGKILL".to_owned(),
        libc::SIGTERM => "SIGTERM".to_owned(),
        other => format!("signal {other}"),
    }
}

/// So many of what has this name: `1 crash`, `2 crashes`.
fn counted(number: u64, name: &str) -> String {
    let ending = match name {
        _ if number == 1 => "",
        "crash" => "es",
        _ => "s",
    };
    format!("{number} {name}{ending}")
}

fn after(took: Duration) -> String {
    let micros = took.as_secs_f64() * 1e6;
    if micros < 1000.0 { format!("after {micros:.0} µs") } else { format!("after {:.1} ms", micros / 1e3) }
}

/// What the victim left behind, in words; half of its update it always does.
fn left(seen: &Seen) -> String {
    let left = [
        (seen.poisoned, "poison"),
        (seen.plain == Lock::Stuck, "lock"),
        (seen.files.is_some_and(|files| files > 0), "file"),
        (seen.orphan, "orphan"),
    ];
    let left: Vec<&str> = left.iter().filter(|(is_left, _)| *is_left).map(|(_, what)| *what).collect();
    if left.is_empty() { "–".to_owned() } else { left.join(", ") }
}
