//! Who holds what, who waits for what, and what prevents that nobody goes on?
//!
//! Run `cargo run -p deadlock` and look at the column `deadlocked`, and at the cycles of waits below the table.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use deadlock::watch::{Ending as Watched, Scene};
use deadlock::{COLLISIONS, Ends, Team, VARIANTS, Variant};
use lab::arguments::whole;
use lab::report::thousands;
use lab::{Ending, Report, Trace};

/// Of so many runs that are asked for, a variant that deadlocks makes one: each takes processes of its own.
const ONE_IN: u64 = 50;

/// Who holds what, who waits for what, and what prevents that nobody goes on?
#[derive(Parser)]
#[command(after_help = "Exit codes:
  0  each variant ended as it is to end: deadlocked, if it is there to deadlock; finished, if it is a repair
  1  one didn't, or was left out
  2  wrong arguments
With --expect, one end is right for all: `--variant NAME --expect finish` exits with 0 if NAME finished, with 1 if it
deadlocked or was left out.

Examples:
  cargo run -p deadlock
  cargo run -p deadlock -- --variant philosophers --philosophers 12
  cargo run -p deadlock -- --variant opposite-order-threads --backtrace
  taskset -c 0 cargo run -p deadlock        (on one core)")]
struct Arguments {
    /// How many philosophers sit at the table, in `philosophers` and in its repairs
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = philosophers, allow_negative_numbers = true)]
    philosophers: usize,

    /// How often each repair runs; a variant that deadlocks runs once for every 50 of them, and at least once
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = whole::<u64>(1..=1_000_000), allow_negative_numbers = true)]
    runs: u64,

    /// How long a worker computes before it takes a lock and while it holds one, in microseconds
    #[arg(long, value_name = "MICROSECONDS", default_value_t = 0, value_parser = whole::<u64>(0..=1_000_000), allow_negative_numbers = true)]
    pace: u64,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    /// How each variant has to end for exit code 0; by default, each as it is there to
    #[arg(long, value_name = "END", value_parser = ["deadlock", "finish"])]
    expect: Option<String>,

    /// Show what gdb says about the first deadlock of each variant
    #[arg(long)]
    backtrace: bool,

    /// Keep the first deadlock of each variant for a while, to be looked at with other tools
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = whole::<u64>(0..=3600), allow_negative_numbers = true)]
    keep_hung: u64,

    #[command(flatten)]
    common: lab::Arguments,
}

/// Reads a number of philosophers.
fn philosophers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (2..=MOST_PHILOSOPHERS).contains(&n) => Ok(n),
        Ok(0 | 1) => {
            Err(format!("give a whole number from 2 to {MOST_PHILOSOPHERS}; one alone has nobody to wait for"))
        }
        _ => Err(format!("give a whole number from 2 to {MOST_PHILOSOPHERS}")),
    }
}

/// So many find room in every system's limits.
const MOST_PHILOSOPHERS: usize = 128;

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| experiment(&arguments))
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    let mut report = Report::new("deadlock", &["variant", "runs", "finished", "deadlocked"]);
    let (mut trace, mut details) = (Trace::default(), String::new());
    let (mut deadlocking, mut finishing, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for variant in VARIANTS {
        if arguments.variant.as_deref().is_some_and(|only| only != variant.name) {
            continue;
        }
        let endings = match run(&variant, arguments) {
            Ok(endings) => endings,
            Err(error) => {
                report.left_out(variant.name, error);
                continue;
            }
        };
        let first = &endings[0];
        let deadlocked = endings.iter().filter(|ending| ending.deadlock.is_some()).count() as u64;
        let runs =
            if variant.ends == Ends::Finished && deadlocked == 0 { arguments.runs } else { endings.len() as u64 };
        let gave_up = first.deadlock.is_none() && variant.ends == Ends::GivenUp && first.counted == 2 * COLLISIONS;
        let finished = if gave_up { 0 } else { runs - deadlocked };
        let cells = [thousands(runs), thousands(finished), thousands(deadlocked)];
        report.row(std::iter::once(variant.name.to_owned()).chain(cells), deadlocked as f64 / runs as f64);
        outcomes(&mut report, &variant, arguments, &endings, [runs, finished, deadlocked]);
        trace.rows(variant.name, &first.timeline);
        if let Some(deadlock) = &first.deadlock {
            let after = deadlock.after.as_secs_f64() * 1e3;
            let found = format!("Found {after:.1} ms after the last of them began to wait.");
            report.say(format!("{}: {}. {found} {}", variant.name, deadlock.cycle, deadlock.kernel));
            details += &deadlock.backtrace;
        }
        if gave_up {
            let times = thousands(first.counted / 2);
            report.say(format!("{}: both gave way to each other {times} times, then gave up.", variant.name));
        }
        let ends = match arguments.expect.as_deref() {
            Some("deadlock") => Ends::Deadlocked,
            Some(_) => Ends::Finished,
            None => variant.ends,
        };
        match (ends, deadlocked == runs, gave_up, finished == runs) {
            (Ends::Deadlocked, true, ..) => deadlocking.push(variant.name),
            (Ends::Finished, .., true) => finishing.push(variant.name),
            (Ends::GivenUp, _, true, _) => {}
            _ => wrong.push(variant.name),
        }
    }
    let not_right = match arguments.expect {
        Some(_) => "NOT as expected",
        None => "NOT as it should be",
    };
    for (what, names) in [("Deadlocked", &deadlocking), ("Finished", &finishing), (not_right, &wrong)] {
        if !names.is_empty() {
            report.say(format!("{what}: {}.", names.join(", ")));
        }
    }
    report.print(arguments.common.json)?;
    if !arguments.common.json && !details.is_empty() {
        lab::report::print(&format!("\n{details}"))?;
    }
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if wrong.is_empty() && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// Runs a variant as often as is asked for; the first time, whoever hangs is looked at closely.
fn run(variant: &Variant, arguments: &Arguments) -> io::Result<Vec<Watched>> {
    let mut scene = Scene {
        philosophers: arguments.philosophers,
        workers: arguments.common.workers,
        runs: arguments.runs,
        pace: Duration::from_micros(arguments.pace),
        look_closely: true,
        backtrace: arguments.backtrace,
        keep: Duration::from_secs(arguments.keep_hung),
    };
    let times = match variant.ends {
        Ends::Deadlocked => (arguments.runs / ONE_IN).max(1),
        Ends::GivenUp | Ends::Finished => 1,
    };
    let mut endings = Vec::new();
    for _ in 0..times {
        endings.push((variant.run)(&scene)?);
        scene = Scene { look_closely: false, backtrace: false, keep: Duration::ZERO, ..scene };
    }
    Ok(endings)
}

/// What `--json` tells of a variant.
fn outcomes(report: &mut Report, variant: &Variant, arguments: &Arguments, endings: &[Watched], counts: [u64; 3]) {
    let [runs, finished, deadlocked] = counts.map(|count| count as f64);
    let team = match variant.team {
        Team::Of(workers) => workers,
        Team::Philosophers => arguments.philosophers,
        Team::Workers => arguments.common.workers,
    };
    let mut tell = |metric, unit, value| report.outcome(variant.name, team, metric, unit, value);
    tell("runs", "runs", runs);
    tell("finished", "runs", finished);
    tell("deadlocked", "runs", deadlocked);
    tell("share-deadlocked", "%", 100.0 * deadlocked / runs);
    let first = &endings[0];
    if let Some(deadlock) = &first.deadlock {
        tell("cycle", "members", deadlock.cycle.links.len() as f64);
        let longest = endings.iter().filter_map(|ending| Some(ending.deadlock.as_ref()?.after)).max();
        tell("reported-after", "ns", longest.unwrap_or_default().as_nanos() as f64);
    }
    if let Some(grown) = first.grown {
        tell("grown", "bytes", grown as f64);
    }
    match variant.name {
        "try-lock-back-off" => tell("retries", "retries", first.counted as f64),
        "try-lock-lockstep" => tell("collisions", "collisions", first.counted as f64 / 2.0),
        "pipe-cycle-threads" | "pipe-cycle-processes" => tell("written", "bytes", first.counted as f64 / 2.0),
        _ => {}
    }
}
