//! With a global interpreter lock, what overlaps, who is late, and what is lost?
//!
//! Run `cargo run -p global-interpreter-lock` and look at the last column: the time for the computing of all workers, in
//! proportion to one thread that does all of it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use global_interpreter_lock::cpython::{Python, Scripts, Took};
use global_interpreter_lock::{COUNTINGS, VARIANTS, Variant, WAITERS, Waiter, Way, Work, gil_late, gil_threads};
use lab::arguments::whole;
use lab::report::thousands;
use lab::trace::{Event, State};
use lab::{Ending, Report, Span, Trace, machine};

/// With a global interpreter lock, what overlaps, who is late, and what is lost?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers
        .default_value("2")
        .value_parser(whole::<usize>(2..=8))
        .help("How many workers do the same work, from 2 to 8")),
    after_help = "The columns:
  lost       of the updates of one counter by all workers, how many
  late       by how much a thread comes back too late from a wait, beside one that computes: the median
  waiting    what the waits of all workers take, in proportion to one after the other
  computing  the same of their computing, with whatever starting them takes

Exit codes:
  0  updates were lost where they are to be, and nowhere else; times and CPython are told, not judged
  1  it wasn't so, or a variant in Rust was left out, or the only one that was asked for
  2  wrong arguments

Examples:
  cargo run -p global-interpreter-lock
  cargo run -p global-interpreter-lock -- --python /usr/bin/python3.13
  taskset -c 0 cargo run -p global-interpreter-lock        (on one core)"
)]
struct Arguments {
    /// Of how many numbers each worker takes the square root
    #[arg(long, value_name = "N", default_value_t = 4_000_000, value_parser = whole::<u64>(1000..=40_000_000), allow_negative_numbers = true)]
    roots: u64,

    /// How long each worker waits, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 30, value_parser = whole::<u64>(1..=1000), allow_negative_numbers = true)]
    wait: u64,

    /// How many rounds CPython makes; ours are three times as many. The shortest times are shown
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = whole::<u64>(1..=100), allow_negative_numbers = true)]
    rounds: u64,

    /// The Python interpreter; by default, the first `python3` on the PATH that can be used
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = NAMES)]
    variant: Option<String>,

    #[command(flatten)]
    common: lab::Arguments,
}

/// In the order of the table.
const NAMES: [&str; 15] = [
    VARIANTS[0].name,
    VARIANTS[1].name,
    VARIANTS[2].name,
    VARIANTS[3].name,
    "python-threads",
    "python-fork",
    "python-spawn",
    "python-subinterpreters",
    "python-free-threads",
    COUNTINGS[0].name,
    COUNTINGS[1].name,
    COUNTINGS[2].name,
    "python-plain",
    "python-call-inside",
    "python-own-lock",
];

/// A round in Rust takes a fraction of one in CPython.
const ROUNDS_IN_RUST: u64 = 3;

/// A thread waits so often beside a computing one, each time for so long.
const WAITS: usize = 41;
const PAUSE: Duration = Duration::from_millis(2);

/// How often each thread adds one: in Rust, and in CPython, where it has to take longer than some switch intervals.
const INCREMENTS: [u64; 2] = [20_000, 500_000];

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| experiment(&arguments))
}

/// What a variant showed, as far as it is there to show it.
#[derive(Default)]
struct Found {
    /// What one after the other took, in seconds.
    serially: Option<f64>,
    /// The proportions of computing and waiting to that.
    times: Option<[f64; 2]>,
    /// In seconds.
    late: Option<f64>,
    /// Of so many updates, so many.
    lost: Option<[u64; 2]>,
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    let mut report = Report::new("global-interpreter-lock", &["variant", "lost", "late", "waiting", "computing"]);
    let wanted = |name: &str| arguments.variant.as_deref().is_none_or(|only| only == name);
    // First, so that an interpreter that can't be used and a timeline that can't be written are told at once.
    let scripts = Scripts::new();
    let given = arguments.python.as_deref().map(|path| given(&scripts, path)).transpose()?;

    arguments.common.trace.as_deref().map_or(Ok(()), |path| timeline(arguments)?.write(path))?;

    let mut found = Vec::new();
    let mut is_whole = true;
    let mut unusable = None;
    for name in NAMES.into_iter().filter(|name| wanted(name)) {
        match in_rust(name, arguments) {
            None => {}
            Some(Ok(in_rust)) => found.push((name, in_rust)),
            Some(Err(error)) => {
                report.left_out(name, error);
                is_whole = false;
            }
        }
    }
    let names: Vec<&str> = NAMES.into_iter().filter(|name| name.starts_with("python-") && wanted(name)).collect();
    if !names.is_empty() {
        let in_rust = found.len();
        match in_python(&scripts, given.as_ref(), &names, arguments, &mut report, &mut found) {
            Ok(()) => {}
            Err(error) if given.is_some() => {
                let what = not_usable(arguments, &error);
                unusable = Some(io::Error::new(io::ErrorKind::InvalidInput, what));
            }
            Err(error) => {
                let missing = |name: &&str| !found[in_rust..].iter().any(|(done, _)| done == name);
                report.left_out(&names.iter().copied().filter(missing).collect::<Vec<_>>().join(", "), error);
            }
        }
    }
    // Whoever asks for one alone, and doesn't get it, has seen nothing.
    is_whole &= arguments.variant.is_none() || !found.is_empty();
    found.sort_by_key(|(name, _)| NAMES.iter().position(|other| other == name));
    tell(&mut report, arguments, &found);
    let is_right = judge(&mut report, &found);
    // Where nothing was found, what is to be said is why.
    if !found.is_empty() || unusable.is_none() {
        report.print(arguments.common.json)?;
    }
    if let Some(unusable) = unusable {
        return Err(unusable);
    }
    Ok(if is_right && is_whole { Ending::Shown } else { Ending::NotShown })
}

/// What one of ours shows; nothing, if it isn't ours.
fn in_rust(name: &str, arguments: &Arguments) -> Option<io::Result<Found>> {
    let workers = arguments.common.workers;
    if let Some(variant) = VARIANTS.iter().find(|variant| variant.name == name) {
        let waiter = WAITERS.iter().find(|waiter| waiter.name == name);
        return Some(in_turns(variant, waiter, arguments));
    }
    let counting = COUNTINGS.iter().find(|counting| counting.name == name)?;
    let all = workers as u64 * INCREMENTS[0];
    let lost = |counted| Found { lost: Some([all - counted, all]), ..Found::default() };
    Some((counting.count)(workers, INCREMENTS[0]).map(lost))
}

/// In each round one after the other, then at once: what disturbs the machine for a while meets both.
fn in_turns(variant: &Variant, waiter: Option<&Waiter>, arguments: &Arguments) -> io::Result<Found> {
    let work = [Work::Compute(arguments.roots), Work::Wait(Duration::from_millis(arguments.wait))];
    let (mut serially, mut at_once) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS_IN_RUST * arguments.rounds {
        for (which, work) in work.into_iter().enumerate() {
            let took = |way: Way| -> io::Result<f64> {
                let began = Instant::now();
                way(arguments.common.workers, work)?;
                Ok(began.elapsed().as_secs_f64())
            };
            serially[which].push(took(variant.serially)?);
            at_once[which].push(took(variant.at_once)?);
        }
    }
    let times = [0, 1].map(|which| shortest(&at_once[which]) / shortest(&serially[which]));
    let late = |waiter: &Waiter| -> io::Result<f64> {
        let turns = (waiter.wait)(WAITS, PAUSE)?;
        Ok(median(turns[1].iter().map(length).collect()))
    };
    let late = waiter.map(late).transpose()?;
    Ok(Found { serially: Some(shortest(&serially[0])), times: Some(times), late, lost: None })
}

/// The interpreter that the reader names: whatever is wrong with it is an error in the arguments.
fn given(scripts: &io::Result<Scripts>, path: &Path) -> io::Result<Python> {
    let Ok(scripts) = scripts else {
        return Err(io::Error::other("the scripts for --python can't be written; set TMPDIR to a folder that can"));
    };
    scripts.interpreter(path).map_err(|error| {
        let what = format!("--python {}: {error}; name a CPython, 3.8 or newer", path.display());
        io::Error::new(io::ErrorKind::InvalidInput, what)
    })
}

fn not_usable(arguments: &Arguments, error: &io::Error) -> String {
    let path = arguments.python.as_deref().unwrap_or(Path::new("python3"));
    format!("--python {}: {error}; name another interpreter, or leave the option out", path.display())
}

/// Adds what CPython shows, of these variants, as far as it comes.
fn in_python(
    scripts: &io::Result<Scripts>,
    given: Option<&Python>,
    names: &[&'static str],
    arguments: &Arguments,
    report: &mut Report,
    found: &mut Vec<(&'static str, Found)>,
) -> io::Result<()> {
    let scripts = scripts.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
    let wanted = |name: &str| names.contains(&name);
    let python = match given {
        Some(python) => python.clone(),
        None => scripts.find(&["python3"])?,
    };
    let threads = if python.about.locked { "python-threads" } else { "python-free-threads" };
    report.say(format!("The interpreter is {}.", python.about.version()));
    let ways = [(threads, "threads"), ("python-fork", "fork"), ("python-spawn", "spawn")];
    found.extend(workers(scripts, &python, &ways, names, arguments)?);
    let mut said = Vec::new();
    if !python.about.locked && wanted("python-threads") {
        said.push("It has no lock, so its threads are python-free-threads.".to_owned());
    }

    // What only newer versions have, from another interpreter if this one hasn't got it.
    if wanted("python-subinterpreters") {
        let newer = || scripts.find(&["python3.14", "python3.13", "python3.12"]);
        match if python.about.subinterpreters { Ok(python.clone()) } else { newer() } {
            Ok(newer) if newer.about.subinterpreters => {
                found.extend(workers(
                    scripts,
                    &newer,
                    &[("python-subinterpreters", "subinterpreters")],
                    names,
                    arguments,
                )?);
                said.push(format!("Its sub-interpreters: {}.", newer.about.version()));
            }
            _ => {
                said.push(
                    "Sub-interpreters with locks of their own were not found: they take CPython 3.12.".to_owned(),
                );
            }
        }
    }
    if wanted("python-free-threads") && python.about.locked {
        match scripts.find(&["python3.14t", "python3.13t"]) {
            Ok(free) if !free.about.locked => {
                found.extend(workers(scripts, &free, &[("python-free-threads", "threads")], names, arguments)?);
                said.push(format!("Without the lock: {}.", free.about.version()));
            }
            _ => said.push("A build of CPython without the lock (python3.14t, python3.13t) was not found.".to_owned()),
        }
    }
    let countings = ["python-plain", "python-call-inside", "python-own-lock"];
    if countings.iter().any(|name| wanted(name)) {
        let all = arguments.common.workers as u64 * INCREMENTS[1];
        let counted = scripts.count(&python, arguments.common.workers, INCREMENTS[1])?;
        for (name, counted) in countings.into_iter().zip(counted).filter(|(name, _)| wanted(name)) {
            found.push((name, Found { lost: Some([all.saturating_sub(counted), all]), ..Found::default() }));
        }
    }
    if !said.is_empty() {
        report.say(said.join(" "));
    }
    Ok(())
}

/// What those of these ways, each under the name of its variant, show that are wanted.
fn workers(
    scripts: &Scripts,
    python: &Python,
    ways: &[(&'static str, &str)],
    names: &[&str],
    arguments: &Arguments,
) -> io::Result<Vec<(&'static str, Found)>> {
    let wanted = ways.iter().filter(|(name, _)| names.contains(name));
    let (names, ways): (Vec<&'static str>, Vec<&str>) = wanted.copied().unzip();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let wait = Duration::from_millis(arguments.wait);
    let took = scripts.work(python, arguments.common.workers, [arguments.roots, arguments.rounds], wait, &ways)?;
    let times = |took: &Took, way: &str| shortest(&took[way]) / shortest(&took["serially"]);
    names
        .into_iter()
        .zip(ways)
        .map(|(name, way)| {
            let late = match way {
                "threads" => Some(median(scripts.late(python, WAITS, PAUSE)?)),
                _ => None,
            };
            let serially = Some(shortest(&took[0]["serially"]));
            Ok((name, Found { serially, times: Some([times(&took[0], way), times(&took[1], way)]), late, lost: None }))
        })
        .collect()
}

/// Rows for people and outcomes for programs.
fn tell(report: &mut Report, arguments: &Arguments, found: &[(&'static str, Found)]) {
    let workers = arguments.common.workers;
    let most = found.iter().filter_map(|(_, found)| Some(found.times?[0])).fold(1.0, f64::max);
    for (name, found) in found {
        let times = |which: usize| found.times.map_or(String::new(), |times| format!("{:.2} times", times[which]));
        let cells = [
            (*name).to_owned(),
            found.lost.map_or(String::new(), |[lost, _]| thousands(lost)),
            found.late.map_or(String::new(), |late| format!("{:.1} ms", late * 1e3)),
            times(1),
            times(0),
        ];
        report.row(cells, found.times.map_or(0.0, |times| times[0] / most));
        if let (Some(serially), Some([compute, wait])) = (found.serially, found.times) {
            report.outcome(name, workers, "serially", "ns", serially * 1e9);
            report.outcome(name, workers, "compute", "times", compute);
            report.outcome(name, workers, "wait", "times", wait);
        }
        if let Some(late) = found.late {
            // Beside one thread that computes, however many workers there are elsewhere.
            report.outcome(name, 1, "late", "ns", late * 1e9);
        }
        if let Some([lost, all]) = found.lost {
            report.outcome(name, workers, "lost", "updates", lost as f64);
            report.outcome(name, workers, "share-lost", "%", 100.0 * lost as f64 / all as f64);
        }
    }
}

/// Says what was seen; whether updates were lost where they are to be, and only there.
fn judge(report: &mut Report, found: &[(&'static str, Found)]) -> bool {
    let lost = |name: &str| found.iter().find(|(other, _)| *other == name).and_then(|(_, found)| Some(found.lost?[0]));
    let must = |name: &str, loses: bool| lost(name).is_none_or(|lost| (lost > 0) == loses);
    let is_right =
        COUNTINGS.iter().all(|counting| must(counting.name, counting.loses)) && must("python-own-lock", false);
    if !is_right {
        report.say("NOT as it should be: updates are lost where none may be, or none where they must. Please report this, with the machine.");
    } else if let Some(lost) = lost(COUNTINGS[0].name) {
        report.say(format!(
            "Under the lock {} updates were lost where the interpreter may switch inside of one.",
            thousands(lost)
        ));
    }
    if found.iter().any(|(_, found)| found.times.is_some()) {
        report.say(match machine::usable_cpus() {
            1 => "On one CPU nobody computes at the same time as another, with a lock or without: computing can't take less than once, and waiting can.",
            _ => "1.00 times is one after the other. Threads under a lock compute no faster than that; all others may, and all wait at the same time.",
        });
    }
    is_right
}

/// Threads that compute under the lock, and one that waits beside one of them: who has the lock when.
fn timeline(arguments: &Arguments) -> io::Result<Trace> {
    let event =
        |state, name: &str, span: &Span| Event { state, name: name.to_owned(), start: span.start, end: span.end };
    let row = |name: String, state, what: &str, spans: &[Span]| {
        (name, spans.iter().map(|span| event(state, what, span)).collect())
    };
    let mut trace = Trace::default();
    let turns = gil_threads(arguments.common.workers, Work::Compute(arguments.roots))?;
    let rows: Vec<_> = turns
        .iter()
        .enumerate()
        .map(|(number, turns)| row(format!("thread {number}"), State::Runs, "has the lock", turns))
        .collect();
    trace.rows("gil-threads", &rows);
    let beside = gil_late(4, PAUSE)?;
    let rows = [
        row("computes".to_owned(), State::Runs, "has the lock", &beside[0]),
        row("waits".to_owned(), State::Waits, "wants the lock", &beside[1]),
    ];
    trace.rows("gil-late", &rows);
    Ok(trace)
}

fn length(span: &Span) -> f64 {
    (span.end - span.start) as f64 / 1e9
}

/// What disturbs a round makes it longer, never shorter.
fn shortest(took: &[f64]) -> f64 {
    took.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
