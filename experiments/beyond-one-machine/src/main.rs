//! What does the same work cost on a distributed engine, against one plain thread?
//!
//! Run `cargo run -p beyond-one-machine` and look at the column `speed-up`: how many times as fast as one plain thread it is,
//! start-up and end included.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use beyond_one_machine::cluster::{self, Run, Task};
use beyond_one_machine::scalability::{Universal, amdahl};
use beyond_one_machine::{WORKS, Work, hosts};
use clap::Parser;
use lab::arguments::whole;
use lab::trace::{Event, State};
use lab::{Ending, Report, Trace, machine};

/// What does the same work cost on a distributed engine, against one plain thread?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers
        .default_value(default_workers())
        .value_parser(whole::<usize>(1..=MOST_WORKERS))
        .help("Up to how many threads, and processes, the engine runs on; by default as many as CPUs, from 2 to 8")),
    after_help = "Exit codes:
  0  every result was right, and nobody outlived the process that was killed
  1  one wasn't, something was left out, or with --hosts, a process didn't come or was lost
  2  wrong arguments, or a file of hosts that is none

Examples:
  cargo run -p beyond-one-machine
  cargo run -p beyond-one-machine -- --variant degrees-timely-processes --workers 4
On several hosts, with the same file on each, of addresses such as 10.0.0.1:2101, one a line:
  cargo run -p beyond-one-machine -- --hosts FILE --process 0     (on the host of the first line)
  cargo run -p beyond-one-machine -- --hosts FILE --process 1     (on the host of the second line)"
)]
struct Arguments {
    /// How often each is run; the medians are shown
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = whole::<u64>(1..=1000), allow_negative_numbers = true)]
    rounds: u64,

    /// How many rows the picture has
    #[arg(long, value_name = "N", default_value_t = WORKS[0].size, value_parser = whole::<usize>(1..=4_000), allow_negative_numbers = true)]
    rows: usize,

    /// How many edges the graph has
    #[arg(long, value_name = "N", default_value_t = WORKS[1].size, value_parser = whole::<usize>(1..=1_000_000_000), allow_negative_numbers = true)]
    edges: usize,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = NAMES)]
    variant: Option<String>,

    /// Be one of several processes, started by hand, that meet at the addresses in this file: HOST:PORT, one a line
    #[arg(long, value_name = "FILE", requires = "process", conflicts_with = "variant")]
    hosts: Option<PathBuf>,

    /// Which of them this is: the line of its address, counted from 0
    #[arg(long, value_name = "N", requires = "hosts", value_parser = whole::<usize>(0..=hosts::MOST as u64 - 1), allow_negative_numbers = true)]
    process: Option<usize>,

    /// With --hosts: the work that they share
    #[arg(long, value_name = "NAME", requires = "hosts", default_value = "rows", value_parser = WORKS.map(|work| work.name))]
    work: String,

    /// With --hosts: how long the others may take to come, in seconds
    #[arg(long, value_name = "SECONDS", requires = "hosts", default_value_t = 30, value_parser = whole::<u64>(1..=3600), allow_negative_numbers = true)]
    patience: u64,

    /// With --hosts: how long the work may take, in seconds
    #[arg(long, value_name = "SECONDS", requires = "hosts", default_value_t = 60, value_parser = whole::<u64>(1..=86_400), allow_negative_numbers = true)]
    limit: u64,

    #[command(flatten)]
    common: lab::Arguments,
}

/// Each process has two threads for each other one, so this many find room.
const MOST_WORKERS: u64 = 8;

fn default_workers() -> &'static str {
    let counts = ["2", "3", "4", "5", "6", "7", "8"];
    counts[machine::usable_cpus().clamp(2, counts.len() + 1) - 2]
}

/// What can be asked for alone. The projections follow from these.
const NAMES: [&str; 8] = [
    "rows-one-thread",
    "rows-timely-threads",
    "rows-timely-processes",
    "degrees-one-thread",
    "degrees-timely-threads",
    "degrees-timely-processes",
    OWN_START,
    KILLED,
];
const OWN_START: &str = "own-start";
const KILLED: &str = "killed-process";

/// More edges than anybody waits for.
const ENDLESS: usize = usize::MAX >> 8;

/// The most cores that are projected to.
const FAR: usize = 64;

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| match &arguments.hosts {
        Some(file) => one_of_several(&arguments, &hosts::read(file)?),
        None => experiment(&arguments),
    })
}

/// Who does the work.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    OneThread,
    Threads,
    Processes,
}

/// A variant with so many workers, and its runs.
struct Case {
    name: String,
    who: Who,
    task: Task,
    workers: usize,
    runs: Vec<Run>,
}

impl Case {
    fn run(&self) -> io::Result<Run> {
        match self.who {
            Who::OneThread => Ok(plain(self.task)),
            Who::Threads => cluster::threads(self.task, self.workers),
            Who::Processes => cluster::processes(self.task, self.workers),
        }
    }

    /// The median over the runs, in nanoseconds.
    fn median(&self, of: fn(&Run) -> Duration) -> f64 {
        middle(self.runs.iter().map(|run| of(run).as_nanos() as f64).collect())
    }

    /// How many times as fast as another case this is: the median over the rounds, of which each had both.
    fn against(&self, other: &Case, of: fn(&Run) -> Duration) -> f64 {
        let rounds = other.runs.iter().zip(&self.runs);
        middle(rounds.map(|(other, run)| of(other).as_nanos() as f64 / of(run).as_nanos().max(1) as f64).collect())
    }
}

fn middle(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    all[all.len() / 2]
}

/// One plain thread: nothing to start, and nothing to end.
fn plain(task: Task) -> Run {
    let started = Instant::now();
    let total = (task.work.plain)(task.size);
    let (start_up, end) = (Duration::ZERO, Duration::ZERO);
    Run { total, start_up, work: started.elapsed(), end, processes: Vec::new() }
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    if let (Some(name @ (OWN_START | KILLED)), Some(_)) = (arguments.variant.as_deref(), &arguments.common.trace) {
        let what = format!("--variant {name} has no timeline; leave out --trace");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let columns = ["variant", "workers", "start-up", "work", "end", "speed-up"];
    let mut report = Report::new("beyond-one-machine", &columns);
    let mut cases = cases(arguments);
    // Round by round, so that what disturbs the machine for a while doesn't meet one variant alone.
    for _ in 0..arguments.rounds {
        let mut refused: Vec<String> = Vec::new();
        for case in &mut cases {
            if refused.contains(&case.name) {
                continue;
            }
            match case.run() {
                Ok(run) => case.runs.push(run),
                Err(error) => {
                    report.left_out(&case.name, error);
                    refused.push(case.name.clone());
                }
            }
        }
        cases.retain(|case| !refused.contains(&case.name));
    }
    let mut is_right = true;
    let mut trace = Trace::default();
    for work in WORKS {
        let cases: Vec<&Case> = cases.iter().filter(|case| case.task.work.name == work.name).collect();
        for case in &cases {
            is_right &= case.runs.iter().all(|run| run.total == cases[0].runs[0].total);
            tell(case, cases[0], &mut report);
            let is_last = cases.iter().all(|other| other.name != case.name || other.workers <= case.workers);
            timeline(case, is_last, &mut trace);
        }
        if arguments.variant.is_none() {
            project(&work, &cases, &mut report);
        }
    }
    if arguments.variant.is_none() {
        report.say("The projections are computed, not measured.");
    }
    let wanted = |name| arguments.variant.as_deref().is_none_or(|only| only == name);
    if wanted(OWN_START) {
        start_as_the_engine_does(&mut report);
    }
    if wanted(KILLED) {
        is_right &= kill(&mut report);
    }
    if !is_right {
        report.say("NOT as it should be: a result differs, or a process went on without its peer. Please report this, with the machine.");
    }
    if machine::usable_cpus() == 1 {
        report.say("On one CPU the workers take turns: no engine can be faster than one thread here.");
    }
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if is_right && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// What is to be tried: each kind of work by one plain thread, then by the engine with one worker and more.
fn cases(arguments: &Arguments) -> Vec<Case> {
    let mut cases = Vec::new();
    for (work, size) in WORKS.into_iter().zip([arguments.rows, arguments.edges]) {
        for (name, who) in
            [("one-thread", Who::OneThread), ("timely-threads", Who::Threads), ("timely-processes", Who::Processes)]
        {
            let name = format!("{}-{name}", work.name);
            if arguments.variant.as_ref().is_some_and(|only| *only != name) {
                continue;
            }
            let counts = if who == Who::OneThread { vec![1] } else { counts(arguments.common.workers) };
            let case = |workers| Case { name: name.clone(), who, task: Task { work, size }, workers, runs: Vec::new() };
            cases.extend(counts.into_iter().map(case));
        }
    }
    cases
}

/// One worker, two, four and so on, and as many as were asked for. From four on there are three as well, for a law is fitted.
fn counts(workers: usize) -> Vec<usize> {
    let mut counts: Vec<usize> = (0..).map(|power| 1 << power).take_while(|count| *count < workers).collect();
    counts.push(workers);
    if workers >= FITTED {
        counts.insert(2, 3);
    }
    counts
}

/// With this many cores, enough counts can be measured to fit a law of two coefficients.
const FITTED: usize = 4;

/// A case's row and outcomes. The first case of its work is one plain thread, unless it was left out.
fn tell(case: &Case, first: &Case, report: &mut Report) {
    let (name, workers) = (&case.name, case.workers);
    let [start_up, work, end, elapsed] =
        [|run: &Run| run.start_up, |run: &Run| run.work, |run: &Run| run.end, Run::elapsed].map(|of| case.median(of));
    let speed_up = (first.who == Who::OneThread).then(|| case.against(first, Run::elapsed));
    let cells = [start_up, work, end].map(|time| format!("{:.1} ms", time / 1e6));
    let times = speed_up.map_or("-".to_owned(), |times| format!("{times:.2}"));
    let head = [name.clone(), workers.to_string()];
    report.row(head.into_iter().chain(cells).chain([times]), speed_up.unwrap_or(0.0) / 2.0);
    let mut outcome = |metric, unit, value| report.outcome(name, workers, metric, unit, value);
    outcome("elapsed", "ns", elapsed);
    outcome("work", "ns", work);
    outcome("result", "results", case.runs[0].total as f64);
    if case.who != Who::OneThread {
        outcome("start-up", "ns", start_up);
        outcome("end", "ns", end);
    }
    if let Some(speed_up) = speed_up {
        outcome("speed-up", "times", speed_up);
        outcome("work-speed-up", "times", case.against(first, |run| run.work));
    }
}

/// Draws what more cores would bring: a projection and no measurement.
fn project(work: &Work, cases: &[&Case], report: &mut Report) {
    let name = format!("{}-projection", work.name);
    let plain = cases.iter().find(|case| case.who == Who::OneThread);
    let processes: Vec<&&Case> = cases.iter().filter(|case| case.who == Who::Processes).collect();
    // Those that had to take turns on a core tell nothing of more cores.
    let cpus = machine::usable_cpus();
    let on_own_cores: Vec<&&Case> = processes.iter().copied().filter(|case| case.workers <= cpus).collect();
    let (Some(plain), Some(most)) = (plain, on_own_cores.last()) else {
        report.left_out(&name, "it begins with what processes on cores of their own took, and one thread");
        return;
    };
    let plain = plain.median(Run::elapsed);
    // What can't be shared out is start-up and end. What all workers did together can, as if nothing were lost by it.
    let serial = most.median(Run::start_up_and_end);
    let shared = most.median(|run| run.work) * most.workers as f64;
    let (share, alone) = (serial / (serial + shared), plain / (serial + shared));
    let speed_up = |workers: usize| alone * amdahl(share, workers as f64);
    let further = counts(FAR).into_iter().filter(|workers| *workers > most.workers);
    for workers in std::iter::once(most.workers).chain(further) {
        report.outcome(&name, workers, "speed-up", "times", speed_up(workers));
    }
    report.outcome(&name, FAR, "serial-share", "%", 100.0 * share);
    let cells = ["-".to_owned(), "-".to_owned(), "-".to_owned(), format!("{:.2}", speed_up(FAR))];
    report.row([name.clone(), FAR.to_string()].into_iter().chain(cells), 0.0);
    let catches_up = (most.workers.max(2)..=FAR).find(|workers| speed_up(*workers) > 1.0);
    // One process has what the thread has, and the engine to run besides: it is faster only by chance.
    let measured = processes.iter().find(|case| case.workers > 1 && case.median(Run::elapsed) < plain);
    let cost = match (measured, catches_up) {
        (Some(case), _) => format!("{} beat one plain thread, as measured", plural(case.workers)),
        (None, Some(workers)) => {
            format!("by Amdahl's law, it takes {} to be faster than one plain thread", plural(workers))
        }
        (None, None) => format!("by Amdahl's law, not even {} are faster than one plain thread", plural(FAR)),
    };
    report.say(format!(
        "{}: {:.1} % of what {} did can't be shared out (start-up and end); {cost}.",
        work.name,
        100.0 * share,
        plural(most.workers)
    ));
    let one = on_own_cores[0].median(Run::elapsed);
    let speed_ups: Vec<(usize, f64)> =
        on_own_cores.iter().map(|case| (case.workers, one / case.median(Run::elapsed))).collect();
    match Universal::fit(&speed_ups).filter(|_| most.workers >= FITTED) {
        Some(law) => {
            report.outcome(&name, most.workers, "contention", "%", 100.0 * law.contention);
            report.outcome(&name, most.workers, "coherence", "%", 100.0 * law.coherence);
            let at = law.speed_up(FAR as f64) * plain / one;
            report.outcome(&name, FAR, "universal-speed-up", "times", at);
            report.say(format!("{}: the universal scalability law says {at:.2} for {}.", work.name, plural(FAR)));
        }
        None => report.say(format!(
            "{}: the universal scalability law isn't fitted: it takes {FITTED} processes with a core for each, and no more than {} had one.",
            work.name, most.workers
        )),
    }
}

fn plural(processes: usize) -> String {
    if processes == 1 { "one process".to_owned() } else { format!("{processes} processes") }
}

/// What it costs that the engine looks for its peers once in a second.
fn start_as_the_engine_does(report: &mut Report) {
    match cluster::own_start(Task { work: WORKS[0], size: 1 }) {
        Ok(run) => {
            let start_up = run.start_up.as_nanos() as f64;
            let cells = [OWN_START.to_owned(), "2".to_owned(), format!("{:.1} ms", start_up / 1e6)];
            report.row(cells.into_iter().chain(["-", "-", "-"].map(str::to_owned)), 0.0);
            report.outcome(OWN_START, 2, "start-up", "ns", start_up);
        }
        Err(error) => report.left_out(OWN_START, error),
    }
}

/// Whether the survivor of two noticed that the other was killed.
fn kill(report: &mut Report) -> bool {
    match cluster::kill_one(Task { work: WORKS[1], size: ENDLESS }) {
        Ok(killed) => {
            let after = killed.ended_after.as_nanos() as f64;
            report.row([KILLED, "2", "-", "-", &format!("{:.1} ms", after / 1e6), "-"].map(str::to_owned), 0.0);
            report.outcome(KILLED, 2, "ended-after", "ns", after);
            report.outcome(KILLED, 2, "results", "results", f64::from(u8::from(killed.said.is_none())));
            if let Some(said) = &killed.said {
                report.say(format!(
                    "{KILLED}: the other one ended {:.1} ms later, without a result: {said}.",
                    after / 1e6
                ));
            }
            killed.said.is_some()
        }
        Err(error) => {
            report.left_out(KILLED, error);
            true
        }
    }
}

/// This process's part among several that were started by hand.
fn one_of_several(arguments: &Arguments, addresses: &[String]) -> io::Result<Ending> {
    let me = arguments.process.expect("it is required");
    if me >= addresses.len() {
        let file = arguments.hosts.as_deref().unwrap_or(Path::new("-")).display();
        let last = addresses.len() - 1;
        let what = format!(
            "--process {me}: {file} has lines for processes 0 to {last}; name one, or add the line of this one"
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let works = WORKS.into_iter().zip([arguments.rows, arguments.edges]);
    let (work, size) = works.into_iter().find(|(work, _)| work.name == arguments.work).expect("it is one of them");
    let task = Task { work, size };
    let [patience, limit] = [arguments.patience, arguments.limit].map(Duration::from_secs);
    let run = cluster::one_of(addresses, me, task, patience, limit)?;
    let mut report = Report::new("beyond-one-machine", &["variant", "workers", "start-up", "work", "end", "speed-up"]);
    let name = format!("{}-timely-hosts", work.name);
    let case = Case { name, who: Who::Processes, task, workers: addresses.len(), runs: vec![run] };
    let mut trace = Trace::default();
    timeline(&case, true, &mut trace);
    let is_right = if me == 0 {
        let alone = Case {
            name: format!("{}-one-thread", work.name),
            who: Who::OneThread,
            task,
            workers: 1,
            runs: vec![plain(task)],
        };
        tell(&alone, &alone, &mut report);
        tell(&case, &alone, &mut report);
        case.runs[0].total == alone.runs[0].total
    } else {
        tell(&case, &case, &mut report);
        true
    };
    report.say(match (me, is_right) {
        (0, true) => format!("All {} did their part, and the result is that of one thread.", plural(addresses.len())),
        (0, false) => {
            "NOT as it should be: the result isn't that of one thread. Please report this, with the machine.".to_owned()
        }
        _ => format!("Process {me} did its part; process 0 has the result."),
    });
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if is_right { Ending::Shown } else { Ending::NotShown })
}

/// The last run of a case, for each process: start-up, work and end.
fn timeline(case: &Case, is_last: bool, trace: &mut Trace) {
    let Some(run) = case.runs.last() else { return };
    // Of the counts of workers, the greatest is the one that the variant's name stands for.
    let group = if is_last { case.name.clone() } else { format!("{}, {}", case.name, case.workers) };
    let ended = run.elapsed().as_nanos() as u64;
    let event = |state, name: &str, start, end| Event { state, name: name.to_owned(), start, end };
    let row = |(number, [ready, done]): (usize, &[u64; 2])| {
        let events = vec![
            event(State::Waits, "starts", 0, *ready),
            event(State::Runs, "works", *ready, *done),
            event(State::Waits, "ends", *done, ended),
        ];
        (format!("process {number}"), events)
    };
    let mut rows: Vec<(String, Vec<Event>)> = run.processes.iter().enumerate().map(row).collect();
    if case.who == Who::OneThread {
        rows.push(("thread".to_owned(), vec![event(State::Runs, "works", 0, ended)]));
    }
    trace.rows(&group, &rows);
}
