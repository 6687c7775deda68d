//! In how many ways can the steps of a few workers follow one another, and where does each way end?
//!
//! Run `cargo run -p interleavings` and look at the columns `interleavings` and `right`: how many of them end with every
//! addition there.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use interleavings::{BUDGET, Ends, Exploration, Memory, Program, VARIANTS, WORKERS, explore, multinomial, sum};
use lab::report::thousands;
use lab::trace::{Event, State};
use lab::{Ending, Report, Trace};

/// In how many ways can the steps of a few workers follow one another, and where does each way end?
#[derive(Parser)]
#[command(after_help = "Exit codes:
  0  every variant came to the answers that are known without the explorer
  1  one didn't, or something was left out: the output couldn't be written
  2  wrong arguments, or a program that is too large

Examples:
  cargo run -p interleavings
  cargo run -p interleavings -- --workers 4 --times 2
  cargo run -p interleavings -- --variant opposite-order --workers 3
  cargo run -p interleavings -- --program 'A: load x; add 1; store x | B: fetch-add x 1'

Steps: load x, add 1, store x, fetch-add x 1, lock a, unlock a, send c, receive c. A name is one letter.")]
struct Arguments {
    /// How many workers, from 2 to 4
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = workers, allow_negative_numbers = true)]
    workers: usize,

    /// How often each worker adds one; with --program, how often each does its steps
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = times, allow_negative_numbers = true)]
    times: usize,

    /// Explore only this variant, and tell all of its ends and deadlocks
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    /// Explore a program of your own
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["variant", "workers"])]
    program: Option<String>,

    /// Give each worker of the program a memory of its own
    #[arg(long, requires = "program")]
    separate: bool,

    /// Print JSON Lines: one object for each variant and metric
    #[arg(long)]
    json: bool,

    /// Write a timeline of a way to each wrong end and deadlock, a microsecond for each step; Perfetto opens it
    #[arg(long, value_name = "FILE")]
    trace: Option<std::path::PathBuf>,
}

/// Of the ends, or the deadlocks, of a program so many are told one by one.
const MOST_TOLD: usize = 20;

fn workers(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| WORKERS.contains(n)).ok_or_else(|| "give a whole number from 2 to 4".to_owned())
}

fn times(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or_else(|| "give a whole number from 1 to 1000".to_owned())
}

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| experiment(&arguments))
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    let (workers, times) = (arguments.workers, arguments.times);
    let columns = ["variant", "states", "ends at", "deadlocks", "interleavings", "right"];
    let mut report = Report::new("interleavings", &columns);
    let mut trace = Trace::default();
    let refuse = |what: String| io::Error::new(io::ErrorKind::InvalidInput, what);
    if let Some(text) = &arguments.program {
        let program = text.parse().and_then(|program: Program| {
            let memory = if arguments.separate { Memory::Separate } else { Memory::Shared };
            Program { memory, ..program }.repeated(times)
        });
        let program = program.map_err(|what| refuse(format!("--program: {what}")))?;
        let found = explore(&program, BUDGET).map_err(|error| refuse(format!("--program: {error}")))?;
        row(&mut report, "program", times, &found, None);
        for (memory, end) in &found.ends {
            report.outcome("program", in_words(&found, memory), "ways", "interleavings", end.interleavings as f64);
        }
        tell(&mut report, &program, &found);
        timeline(&mut trace, "program", &program, &found, None);
    }
    let (mut right, mut wrong, mut stuck, mut unexpected) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for variant in VARIANTS.iter().filter(|_| arguments.program.is_none()) {
        if arguments.variant.as_deref().is_some_and(|only| only != variant.name) {
            continue;
        }
        let (name, program) = (variant.name, (variant.program)(workers, times));
        let found = explore(&program, BUDGET).map_err(|error| refuse(format!("{name}: {error}")))?;
        let all = (workers * times) as i64;
        row(&mut report, name, workers, &found, Some(all));
        timeline(&mut trace, name, &program, &found, Some(all));
        match variant.ends {
            _ if !is_known(variant.ends, workers, times, &found) => unexpected.push(name),
            Ends::LosingUpdates => wrong.push(name),
            Ends::Right => right.push(name),
            Ends::SomeInDeadlock => stuck.push(name),
        }
        if arguments.variant.is_some() {
            tell(&mut report, &program, &found);
        }
    }
    for (what, names, why) in [
        ("Can lose updates", &wrong, "Somebody comes between a load and its store."),
        ("Can get stuck", &stuck, "Each holds a lock that another waits for."),
        ("Always right", &right, "No order of the steps ends otherwise."),
        ("NOT as it should be", &unexpected, "Please report this."),
    ] {
        if !names.is_empty() {
            report.say(format!("{what}: {}. {why}", names.join(", ")));
        }
    }
    report.print(arguments.json)?;
    arguments.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if unexpected.is_empty() { Ending::Shown } else { Ending::NotShown })
}

/// The lowest and the highest sum of the cells at an end.
fn reach(found: &Exploration) -> Option<(i64, i64)> {
    let sums = || found.ends.keys().map(|memory| sum(memory));
    Some((sums().min()?, sums().max()?))
}

/// What was found, as a row and as outcomes. Which ends are right is known of our own programs only.
fn row(report: &mut Report, name: &str, parameter: usize, found: &Exploration, all: Option<i64>) {
    let ends = match reach(found) {
        _ if all.is_none() => format!("{} ends", found.ends.len()),
        Some((lowest, highest)) if lowest == highest => lowest.to_string(),
        Some((lowest, highest)) => format!("{lowest} to {highest}"),
        None => "never".to_owned(),
    };
    let right = all.map(|all| found.adding_up_to(all));
    let wrong = right.map_or(0.0, |right| 1.0 - right as f64 / found.interleavings as f64);
    let cells = [thousands(found.states as u64), ends, thousands(found.deadlocks.len() as u64)];
    let counts = [grouped(found.interleavings), right.map_or("?".to_owned(), grouped)];
    report.row([name.to_owned()].into_iter().chain(cells).chain(counts), wrong);
    let mut outcome = |metric, unit, value| report.outcome(name, parameter, metric, unit, value);
    outcome("interleavings", "interleavings", found.interleavings as f64);
    outcome("states", "states", found.states as f64);
    outcome("ends", "ends", found.ends.len() as f64);
    outcome("deadlocks", "deadlocks", found.deadlocks.len() as f64);
    outcome("deadlocked", "interleavings", found.deadlocked() as f64);
    if let Some(right) = right {
        outcome("right", "interleavings", right as f64);
        outcome("share-wrong", "%", 100.0 * wrong);
    }
    if let Some((lowest, highest)) = reach(found) {
        outcome("lowest", "additions", lowest as f64);
        outcome("highest", "additions", highest as f64);
    }
}

/// Whether the exploration came to what is known without it.
fn is_known(ends: Ends, workers: usize, times: usize, found: &Exploration) -> bool {
    let all = (workers * times) as i64;
    let is = |count: u128, lengths: usize| multinomial(&vec![lengths; workers]).is_none_or(|known| known == count);
    match ends {
        // Right are those in which the additions follow one another whole. A store of 1 can't be the last of all where
        // each worker stores at least twice: see the chapter on the shared counter.
        Ends::LosingUpdates => {
            is(found.interleavings, 3 * times)
                && is(found.adding_up_to(all), times)
                && reach(found) == Some((times.min(2) as i64, all))
                && found.deadlocks.is_empty()
        }
        Ends::Right => found.ends.len() == 1 && reach(found) == Some((all, all)) && found.deadlocks.is_empty(),
        Ends::SomeInDeadlock => reach(found) == Some((all, all)) && !found.deadlocks.is_empty(),
    }
}

/// Tells every end of one program, and every deadlock with a shortest way into it.
fn tell(report: &mut Report, program: &Program, found: &Exploration) {
    report.say(format!("Of {}:", counted(found.interleavings)));
    for (memory, end) in found.ends.iter().take(MOST_TOLD) {
        report.say(format!("{} with {} at the end.", counted(end.interleavings), in_words(found, memory)));
    }
    for deadlock in found.deadlocks.iter().take(MOST_TOLD) {
        let (ways, way) = (counted(deadlock.interleavings), program.way_in_words(&found.way_into(deadlock)));
        report.say(format!("{ways} into a deadlock: {deadlock}. The shortest way there: {way}."));
    }
    for (number, what) in [(found.ends.len(), "ends"), (found.deadlocks.len(), "deadlocks")] {
        if number > MOST_TOLD {
            report.say(format!("There are {} more {what}.", number - MOST_TOLD));
        }
    }
}

fn counted(ways: u128) -> String {
    format!("{ways} interleaving{}", if ways == 1 { "" } else { "s" })
}

/// What a memory holds: `x = 2`.
fn in_words(found: &Exploration, memory: &[i32]) -> String {
    let cells: Vec<String> = found.cells.iter().zip(memory).map(|(cell, value)| format!("{cell} = {value}")).collect();
    if cells.is_empty() { "no memory".to_owned() } else { cells.join(", ") }
}

/// A way to an end other than `all`, or else to the first end, and one into the first deadlock, each as rows of steps.
fn timeline(trace: &mut Trace, name: &str, program: &Program, found: &Exploration, all: Option<i64>) {
    let wrong = found.ends.iter().find(|(memory, _)| all.is_some_and(|all| sum(memory) != all));
    let end = wrong.or(found.ends.first_key_value()).map(|(_, end)| (name.to_owned(), found.way_to(end)));
    let stuck = found.deadlocks.first().map(|deadlock| (format!("{name}, deadlock"), found.way_into(deadlock)));
    for (group, way) in end.into_iter().chain(stuck) {
        let mut rows: Vec<(String, Vec<Event>)> =
            (0..program.workers.len()).map(|worker| (interleavings::name(worker).to_string(), Vec::new())).collect();
        for (time, worker) in way.into_iter().enumerate() {
            let row = &mut rows[worker].1;
            let (name, start) = (program.workers[worker][row.len()].to_string(), 1000 * time as u64);
            row.push(Event { state: State::Runs, name, start, end: start + 1000 });
        }
        trace.rows(&group, &rows);
    }
}

/// A count with its thousands set apart, as far as somebody may read it.
fn grouped(count: u128) -> String {
    u64::try_from(count).map_or_else(|_| format!("{:.3e}", count as f64), thousands)
}
