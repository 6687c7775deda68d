//! The same tasks one after the other, on threads, in processes, by rayon and on one thread that is told what waits: who is
//! done sooner, if they compute and if they wait?
//!
//! Run `cargo run -p cpu-vs-io` and compare the column `speed-up` between the rows that compute and those that wait.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use cpu_vs_io::server::{Server, raise_descriptors};
use cpu_vs_io::turns::Notes;
use cpu_vs_io::{Done, Job, ROOTS, Request, VARIANTS, Variant, WORKER, Work, turns, variant, waiters};
use lab::arguments::{MOST_WORKERS, whole};
use lab::report::thousands;
use lab::trace::State;
use lab::{Ending, Report, Trace, machine, memory};

/// The same tasks in six ways: who is done sooner, if they compute and if they wait?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers.help("How many workers compute; with --measure workers, up to four times as many, and no more than 1024")),
    mut_arg("trace", |trace| trace.help("Write a timeline of workers that take turns on two CPUs, in the Chrome trace event format")),
    after_help = "Exit codes:
  0  every way came to the same sum
  1  one didn't, or something was left out
  2  wrong arguments, or a port that can't be had

Examples:
  cargo run -p cpu-vs-io
  cargo run -p cpu-vs-io -- --measure workers --workers 4
  cargo run -p cpu-vs-io -- --measure waits --requests 1000
  cargo run -p cpu-vs-io -- --measure turns --trace turns.json
  taskset -c 0 cargo run -p cpu-vs-io        (on one core)"
)]
struct Arguments {
    /// What to measure: each way at each kind of work; computing over the number of workers; waiting over the number of
    /// requests; or who runs when, if four workers share two CPUs
    #[arg(long, value_name = "WHAT", default_value = "ways", value_parser = ["ways", "workers", "waits", "turns"])]
    measure: String,

    /// What to compute, with --measure workers: square roots, or rows of a picture; by default both
    #[arg(long, value_name = "WORK", value_parser = ["roots", "rows"])]
    work: Option<String>,

    /// How many requests wait; with --measure waits, the most. By default 16 and 1000
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=1000), allow_negative_numbers = true)]
    requests: Option<u32>,

    /// How many rounds; the median of their times is shown
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = whole::<u32>(1..=100), allow_negative_numbers = true)]
    rounds: u32,

    /// The server's port; 0 stands for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0, value_parser = whole::<u16>(0..=65535), allow_negative_numbers = true)]
    port: u16,

    /// Run only this variant, and where it is compared with one after the other, that one
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    #[command(flatten)]
    common: lab::Arguments,
}

/// How long the server lets each request wait, in milliseconds.
const DELAY: u32 = 20;

fn main() -> ExitCode {
    if std::env::args_os().next().is_some_and(|name| name == WORKER) {
        return lab::run(|| cpu_vs_io::work_as_a_program().map(|()| Ending::Shown));
    }
    let arguments: Arguments = lab::parse();
    lab::run(|| {
        arguments.check()?;
        match &arguments.measure[..] {
            "workers" => over_workers(&arguments),
            "waits" => over_requests(&arguments),
            "turns" => take_turns(&arguments),
            _ => ways(&arguments),
        }
    })
}

/// A variant with a job, and what it took in each round.
struct Case {
    variant: &'static Variant,
    /// What the work is called.
    work: &'static str,
    job: Job,
    /// How often it runs for each round that is asked for: what is short is disturbed easily, and runs more often.
    often: u32,
    rounds: Vec<Done>,
}

impl Case {
    fn new(variant: &'static Variant, work: &'static str, job: Job) -> Self {
        Self { variant, work, job, often: 1, rounds: Vec::new() }
    }

    /// The median over the rounds of what this makes of each.
    fn median(&self, of: impl Fn(&Done) -> f64) -> f64 {
        median(self.rounds.iter().map(of))
    }

    fn time(&self) -> f64 {
        self.median(|done| done.elapsed.as_nanos() as f64)
    }

    /// How often each worker gave its CPU away, and how often it was taken from one, in the whole job.
    fn switches(&self) -> [f64; 2] {
        [self.median(|done| done.used.voluntary as f64), self.median(|done| done.used.involuntary as f64)]
    }

    /// How many times as fast it was as another one, round by round; not a number if either has no rounds.
    fn speed_up(&self, other: &Self) -> f64 {
        let rounds = self.rounds.iter().zip(&other.rounds);
        median(rounds.map(|(own, other)| other.elapsed.as_secs_f64() / own.elapsed.as_secs_f64()))
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs all cases, round by round, in an order of its own each time, so that what disturbs the machine for a while doesn't meet
/// one of them alone. A variant that the system refuses is left out as a whole; the others' rounds go on. Whether every sum is
/// as it should be.
fn run(cases: &mut Vec<Case>, rounds: u32, report: &mut Report) -> bool {
    let mut right = true;
    wake_all_cpus();
    let most_often = cases.iter().map(|case| case.often).max().unwrap_or(1);
    for round in 0..rounds * most_often {
        let mut refused = Vec::new();
        let mut sums: Vec<(Work, u32, u64)> = Vec::new();
        let mut due: Vec<&mut Case> = cases.iter_mut().filter(|case| round % most_often < case.often).collect();
        fastrand::shuffle(&mut due);
        for case in due {
            let name = case.variant.name;
            if refused.contains(&name) {
                continue;
            }
            match case.variant.run(&case.job) {
                Ok(done) => {
                    let job = case.job;
                    let same = sums.iter().find(|(work, tasks, _)| (*work, *tasks) == (job.work, job.tasks));
                    right &= same.is_none_or(|(_, _, sum)| *sum == done.sum);
                    sums.push((job.work, job.tasks, done.sum));
                    case.rounds.push(done);
                }
                Err(error) => {
                    report.left_out(name, error);
                    refused.push(name);
                }
            }
        }
        cases.retain(|case| !refused.contains(&case.variant.name));
    }
    right
}

/// Lets every CPU compute for a while. One that has rested is slow at first: it may clock lower, and a virtual machine's may have
/// no core of its own yet.
fn wake_all_cpus() {
    let began = Instant::now();
    // Who can't start a thread is told so by what is measured.
    let _ = lab::threads(machine::usable_cpus(), |_| {
        while began.elapsed() < Duration::from_millis(300) {
            lab::work::square_roots(0..10_000);
        }
    });
}

impl Arguments {
    /// Refuses what the chosen measurement would ignore.
    fn check(&self) -> io::Result<()> {
        let measure = &self.measure;
        let refused = |what: String| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        let given = [
            ("--work", self.work.is_some(), ["workers"].as_slice()),
            ("--requests", self.requests.is_some(), &["ways", "waits"]),
            ("--port", self.port != 0, &["ways", "waits"]),
        ];
        for (option, is_given, measures) in given {
            if is_given && !measures.contains(&measure.as_str()) {
                return refused(format!("{option} goes with --measure {}, not {measure}", measures.join(" or ")));
            }
        }
        let names: &[&str] = match measure.as_str() {
            "workers" => &["serial", "threads", "processes", "programs", "rayon"],
            "waits" => &["serial", "threads", "processes", "async"],
            "turns" => &turns::KINDS.map(|kind| kind.name),
            _ => &VARIANTS.map(|variant| variant.name),
        };
        match self.variant.as_deref().filter(|only| !names.contains(only)) {
            Some(only) => refused(format!("--variant {only}: --measure {measure} has only {}", names.join(", "))),
            None => Ok(()),
        }
    }

    fn chosen(&self) -> impl Iterator<Item = &'static Variant> {
        VARIANTS.iter().filter(move |variant| variant.name == "serial" || self.is_wanted(variant.name))
    }

    fn is_wanted(&self, name: &str) -> bool {
        self.variant.as_deref().is_none_or(|only| only == name)
    }
}

/// Each way at each kind of work.
fn ways(arguments: &Arguments) -> io::Result<Ending> {
    raise_descriptors()?;
    let server = Server::start(arguments.port)?;
    let (workers, requests) = (arguments.common.workers as u32, arguments.requests.unwrap_or(16));
    let request = Request { port: server.port, delay: DELAY };
    let works = [
        ("computing", Work::Roots(ROOTS), workers),
        ("waiting", Work::Request(request), requests),
        ("both", Work::Both(request, ROOTS / 4), requests),
    ];
    let mut cases = Vec::new();
    for (name, work, tasks) in works {
        for variant in arguments.chosen() {
            // Who waits has a worker for each request; a pool has as many threads as it was made with.
            let for_each = name != "computing" && variant.name != "rayon";
            let case = Case::new(variant, name, Job { work, tasks, workers: if for_each { tasks } else { workers } });
            cases.push(if name == "computing" { Case { often: 5, ..case } } else { case });
        }
    }
    let head = ["variant", "tasks", "was stopped", "gave way", "CPU time", "work", "time", "speed-up"];
    let mut report = Report::new("cpu-vs-io", &head);
    let right = run(&mut cases, arguments.rounds, &mut report);
    for case in &cases {
        let serial = cases.iter().find(|other| other.work == case.work && other.variant.name == "serial");
        let speed_up = serial.map_or(f64::NAN, |serial| case.speed_up(serial));
        let ([gave_way, stopped], cpu) = (case.switches(), case.median(|done| done.used.cpu.as_nanos() as f64));
        let slowest = serial.map_or(1.0, Case::time);
        let (name, tasks) = (case.variant.name, case.job.tasks.to_string());
        let [stopped_cell, gave_way_cell] = [stopped, gave_way].map(|count| thousands(count as u64));
        let cells = [name.to_owned(), tasks, stopped_cell, gave_way_cell, time(cpu), case.work.to_owned()];
        let results = [time(case.time()), format!("{speed_up:.2}")];
        report.row(cells.into_iter().chain(results), case.time() / slowest);
        let mut tell = |metric, unit, value| report.outcome(name, case.work, metric, unit, value);
        tell("time", "ns", case.time());
        tell("cpu", "ns", cpu);
        tell("gave-way", "switches", gave_way);
        tell("was-stopped", "switches", stopped);
        if speed_up.is_finite() {
            tell("speed-up", "times", speed_up);
        }
    }
    if !cases.is_empty() {
        report.say(format!(
            "Computing: four million square roots for each of {workers} workers, with {} usable. Waiting: {requests} \
             requests that a server answers after {DELAY} ms, with a worker for each, but for rayon's {workers}. Both: a \
             request, then a million square roots.",
            match machine::usable_cpus() {
                1 => "one CPU".to_owned(),
                cpus => format!("{cpus} CPUs"),
            }
        ));
        report.say(
            "Waits overlap in every way but one after the other, also on one thread. Computing overlaps as far as there are CPUs.",
        );
    }
    end(arguments, report, right)
}

/// Computing, over the number of workers.
fn over_workers(arguments: &Arguments) -> io::Result<Ending> {
    // A process takes a pipe while it runs.
    raise_descriptors()?;
    let most = (4 * arguments.common.workers as u32).min(MOST_WORKERS as u32);
    // Each number doubles the one before.
    let counts: Vec<u32> =
        std::iter::successors(Some(1), |count| Some(2 * count)).take_while(|count| *count <= most).collect();
    let works = [("roots", Work::Roots(ROOTS), TASKS), ("rows", Work::Row(ROWS), ROWS)];
    let is_wanted = |name: &str| arguments.work.as_deref().is_none_or(|only| only == name);
    let mut cases = Vec::new();
    for (name, work, tasks) in works.into_iter().filter(|(name, ..)| is_wanted(name)) {
        for variant in arguments.chosen().filter(|variant| variant.name != "async") {
            for &workers in counts.iter().filter(|workers| variant.name != "serial" || **workers == 1) {
                cases.push(Case::new(variant, name, Job { work, tasks, workers }));
            }
        }
    }
    let head = ["variant", "was stopped", "gave way", "CPU time", "work", "workers", "time", "speed-up"];
    let mut report = Report::new("cpu-vs-io", &head);
    let right = run(&mut cases, arguments.rounds, &mut report);
    let cpus = machine::usable_cpus();
    for case in &cases {
        let serial = cases.iter().find(|other| other.work == case.work && other.variant.name == "serial");
        let Some(serial) = serial else { continue };
        let (name, workers, speed_up) = (case.variant.name, case.job.workers, case.speed_up(serial));
        let ([gave_way, stopped], cpu) = (case.switches(), case.median(|done| done.used.cpu.as_nanos() as f64));
        let share = case.median(|done| {
            100.0 * done.used.cpu.as_secs_f64() / done.elapsed.as_secs_f64() / f64::from(case.job.workers)
        });
        let [stopped_cell, gave_way_cell] = [stopped, gave_way].map(|count| thousands(count as u64));
        let cells =
            [name.to_owned(), stopped_cell, gave_way_cell, time(cpu), case.work.to_owned(), workers.to_string()];
        let results = [time(case.time()), format!("{speed_up:.2}")];
        report.row(cells.into_iter().chain(results), case.time() / serial.time());
        let mut tell = |metric, unit, value| {
            report.outcome(name, workers, &format!("{}-{metric}", case.work), unit, value);
        };
        tell("time", "ns", case.time());
        tell("speed-up", "times", speed_up);
        tell("cpu", "ns", cpu);
        tell("share-of-a-cpu", "%", share);
        tell("gave-way", "switches", gave_way);
        tell("was-stopped", "switches", stopped);
    }
    for &workers in &counts {
        for (name, ..) in works.into_iter().filter(|(name, ..)| is_wanted(name)) {
            let ideal = f64::from(workers.min(cpus as u32));
            report.outcome("ideal", workers, &format!("{name}-speed-up"), "times", ideal);
        }
    }
    report.say(match cpus {
        1 => "With one usable CPU, no number of workers can be faster than one.".to_owned(),
        _ => format!("With {cpus} usable CPUs, no number of workers can be more than {cpus} times as fast as one."),
    });
    end(arguments, report, right)
}

/// So many tasks are shared out, each of as many square roots as the texts give a worker: 8 workers get 3 each.
const TASKS: u32 = 24;

/// So many rows of so many points are the picture: enough that the start of a process is little against its share.
const ROWS: u32 = 640;

/// How many processes wait at once, at most: starting a thousand takes longer than they wait.
const MOST_PROCESSES: u32 = 200;

/// How many requests are sent one after the other, at most: more take longer than a second.
const MOST_SERIAL: u32 = 50;

/// How many wait while their memory is looked at, at most.
const LOOKED_AT: u32 = 200;

/// What a process takes, at most: where the machine hasn't so much for each, they are left out.
const PROCESS: u64 = 1 << 20;

/// Waiting, over the number of requests at once.
fn over_requests(arguments: &Arguments) -> io::Result<Ending> {
    let mut report = Report::new("cpu-vs-io", &["variant", "requests", "switches each", "time", "single waits"]);
    let most = arguments.requests.unwrap_or(1000);
    // A connection takes a descriptor at each end, and a process a pipe; some are open already.
    let limit = raise_descriptors()?.map_or(u32::MAX, |limit| u32::try_from(limit).unwrap_or(u32::MAX));
    let server = Server::start(arguments.port)?;
    let job = |tasks| {
        let work = Work::Request(Request { port: server.port, delay: DELAY });
        Job { work, tasks, workers: tasks }
    };
    let mut counts: Vec<u32> = [1, 10, 50, 200, 1000].into_iter().filter(|count| *count < most).collect();
    counts.push(most);
    let room = memory::room().unwrap_or(u64::MAX);
    let mut cases = Vec::new();
    for variant in arguments.chosen().filter(|variant| !["rayon", "programs"].contains(&variant.name)) {
        for &count in &counts {
            let name = format!("{} with {count} requests", variant.name);
            let needed = u64::from(count) * PROCESS;
            match variant.name {
                "serial" if count > MOST_SERIAL => {}
                "processes" if count > MOST_PROCESSES => {}
                "processes" if needed > room => {
                    report.left_out(&name, format!("{} MiB would be needed", needed >> 20));
                }
                _ if variant.name != "serial" && count.saturating_add(32) > limit => {
                    report.left_out(&name, format!("this process may open {limit} files"));
                }
                _ => cases.push(Case::new(variant, "waiting", job(count))),
            }
        }
    }
    let right = run(&mut cases, arguments.rounds, &mut report);
    let find = |name: &str, count: u32| cases.iter().find(|case| case.variant.name == name && case.job.tasks == count);
    let single = find("serial", 1).map_or(f64::NAN, Case::time);
    let slowest = cases.iter().map(Case::time).fold(1.0, f64::max);
    for case in &cases {
        let (name, count) = (case.variant.name, case.job.tasks);
        let each = case.switches()[0] / f64::from(count);
        let waits = case.time() / single;
        let cells =
            [name.to_owned(), thousands(count.into()), format!("{each:.1}"), time(case.time()), format!("{waits:.1}")];
        report.row(cells, case.time() / slowest);
        let mut tell = |metric, unit, value| report.outcome(name, count, metric, unit, value);
        tell("wait", "ns", case.time());
        tell("single-waits", "times", waits);
        tell("switches-each", "switches", each);
    }
    if single.is_finite() {
        for count in counts.iter().filter(|count| **count >= MOST_SERIAL) {
            report.outcome("serial-computed", count, "wait", "ns", single * f64::from(*count));
        }
    }
    let looked_at = most.min(LOOKED_AT);
    for name in ["threads", "processes", "async"] {
        if find(name, looked_at).is_none() {
            continue;
        }
        match waiters::memory(variant(name), &server, looked_at) {
            Ok(bytes) => {
                report.outcome(name, looked_at, "memory-each", "bytes", bytes);
                report.say(format!("{name}: each of {looked_at} waiters takes {:.1} KiB.", bytes / 1024.0));
            }
            Err(error) => report.left_out(&format!("the memory of {name}"), error),
        }
    }
    report.say(format!(
        "A single wait takes {}. One after the other, at most {MOST_SERIAL} requests were sent, and at most {MOST_PROCESSES} \
         processes were started at once.",
        time(single)
    ));
    end(arguments, report, right)
}

/// Four workers on two CPUs: who runs when.
fn take_turns(arguments: &Arguments) -> io::Result<Ending> {
    let mut report = Report::new("cpu-vs-io", &["variant", "worker", "gave way", "was stopped", "turns"]);
    let mut right = true;
    for kind in turns::KINDS.into_iter().filter(|kind| arguments.is_wanted(kind.name)) {
        let all = match (kind.watch)(TURN_TAKERS, COMPUTES) {
            Ok(all) => all,
            Err(error) => {
                report.left_out(kind.name, error);
                continue;
            }
        };
        let counts: Vec<usize> = all.iter().map(turns::turns).collect();
        let most = counts.iter().max().copied().unwrap_or(1).max(1);
        for (number, (notes, count)) in all.iter().zip(&counts).enumerate() {
            let cells = [number as u64, notes.used.voluntary, notes.used.involuntary, *count as u64].map(thousands);
            report.row(std::iter::once(kind.name.to_owned()).chain(cells), *count as f64 / most as f64);
        }
        let under_way = turns::under_way(&all);
        let mut tell = |metric, unit, value| report.outcome(kind.name, TURN_TAKERS, metric, unit, value);
        tell("under-way", "workers", under_way as f64);
        tell("fewest-turns", "turns", counts.iter().min().copied().unwrap_or(0) as f64);
        let stopped = all.iter().map(|notes| notes.used.involuntary).min().unwrap_or(0);
        tell("fewest-stops", "switches", stopped as f64);
        right &= under_way == TURN_TAKERS;
        report.say(format!("{}: {under_way} workers were under way at the same time.", kind.name));
    }
    end(arguments, report, right)
}

/// How many workers take turns.
const TURN_TAKERS: usize = 4;

/// For how long each of them computes.
const COMPUTES: Duration = Duration::from_millis(40);

/// The same for a timeline, in which each turn is to be seen.
const COMPUTES_BRIEFLY: Duration = Duration::from_millis(25);

fn end(arguments: &Arguments, mut report: Report, right: bool) -> io::Result<Ending> {
    if !right {
        report.say("NOT as it should be: a task wasn't done, or was done twice, or workers didn't overlap. Please report this, with the machine.");
    }
    report.print(arguments.common.json)?;
    if let Some(path) = &arguments.common.trace {
        let mut trace = Trace::default();
        let wanted = |kind: &turns::Kind| arguments.measure != "turns" || arguments.is_wanted(kind.name);
        for kind in turns::KINDS.into_iter().filter(wanted) {
            let all = (kind.watch)(TURN_TAKERS, COMPUTES_BRIEFLY)?.into_iter().enumerate();
            // Who doesn't run waits for a CPU: its row is empty there.
            let runs = |notes: Notes| notes.events.into_iter().filter(|event| event.state == State::Runs).collect();
            let rows: Vec<_> = all.map(|(number, notes)| (format!("worker {number}"), runs(notes))).collect();
            trace.rows(kind.name, &rows);
        }
        trace.write(path)?;
    }
    Ok(if right && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// A time as people read it, from nanoseconds.
fn time(ns: f64) -> String {
    if ns < 1e6 { format!("{:.0} µs", ns / 1e3) } else { format!("{:.1} ms", ns / 1e6) }
}
