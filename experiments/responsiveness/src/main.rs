//! How late is a tick of 60 Hz while work goes on?
//!
//! Run `cargo run -p responsiveness` and look at the column `median`: how late the typical tick is, beside work on the same thread,
//! another thread, another process, under a global interpreter lock, in an asynchronous runtime.

use std::io;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use lab::arguments::whole;
use lab::trace::{Event, State};
use lab::{Ending, Report, Trace, machine};
use responsiveness::ticker::{PERIOD, Ticker};
use responsiveness::{Course, Load, VARIANTS, Variant, demonstration, percentile, terminal};

/// How late is a tick of 60 Hz while work goes on?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers
        .default_value("1")
        .value_parser(whole::<usize>(1..=64))
        .help("How many workers compute at once; the variant gil is tried with twice and four times as many too")),
    after_help = "Exit codes:
  0  who computes for a whole job without a look at the clock missed frames; all other times are told, not judged
  1  they missed none, or something was left out
  2  wrong arguments

Examples:
  cargo run -p responsiveness
  cargo run -p responsiveness -- --demonstrate     (some seconds for each way: press keys)
  cargo run -p responsiveness -- --variant gil --workers 8
  taskset -c 0 cargo run -p responsiveness         (on one core)"
)]
struct Arguments {
    /// How many ticks each variant meets, 60 in a second
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = whole::<u32>(1..=6000), allow_negative_numbers = true)]
    ticks: u32,

    /// How long a job takes that is done without a look at the clock, in milliseconds: two frames or more
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 50, value_parser = whole::<u64>(34..=10_000), allow_negative_numbers = true)]
    job: u64,

    /// Run only this variant, and others that are named so
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Vec<String>,

    /// Show it: in a terminal a spinner and a counter of keys, for so many seconds with each variant; by default 3
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "3", value_parser = whole::<u32>(1..=60), conflicts_with_all = ["json", "trace", "ticks"], allow_negative_numbers = true)]
    demonstrate: Option<u32>,

    /// Restore the terminal on stderr when stdin ends
    #[arg(long, hide = true)]
    guard_terminal: bool,

    #[command(flatten)]
    common: lab::Arguments,
}

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| match arguments.demonstrate {
        _ if arguments.guard_terminal => terminal::guard().map(|()| Ending::Shown),
        Some(seconds) => demonstration::demonstrate(&ways(&arguments), 60 * seconds).map(|()| Ending::Shown),
        None => experiment(&arguments),
    })
}

/// What is to be tried, in the order of the table.
fn ways(arguments: &Arguments) -> Vec<(Variant, Load)> {
    let wanted =
        |variant: &Variant| arguments.variant.is_empty() || arguments.variant.iter().any(|name| name == variant.name);
    let (workers, job) = (arguments.common.workers, Duration::from_millis(arguments.job));
    let crowds =
        |variant: Variant| variant.crowds.iter().map(move |crowd| (variant, Load { workers: crowd * workers, job }));
    VARIANTS.into_iter().filter(wanted).flat_map(crowds).collect()
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    let mut report = Report::new("responsiveness", &["variant", "workers", "missed", "p99", "worst", "median"]);
    let mut trace = Trace::default();
    let (mut courses, mut refused) = (Vec::new(), Vec::new());
    for (variant, load) in ways(arguments) {
        if refused.contains(&variant.name) {
            continue;
        }
        match (variant.run)(Ticker::new(arguments.ticks, &mut |_| ControlFlow::Continue(())), &load) {
            Ok(course) => courses.push((variant, load, course)),
            Err(error) => {
                report.left_out(variant.name, error);
                refused.push(variant.name);
            }
        }
    }
    // What is refused with many workers is left out with few too: each variant is told of whole or not at all.
    courses.retain(|(variant, ..)| !refused.contains(&variant.name));
    let latest = courses.iter().map(|(.., course)| percentile(&course.lateness(), 50)).max().unwrap_or(0);
    for (variant, load, course) in &courses {
        let late = course.lateness();
        let [median, p99, worst] = [50, 99, 100].map(|rank| percentile(&late, rank));
        let missed = missed(course);
        let numbers = [format!("{missed:.0} %"), ms(p99), ms(worst), ms(median)];
        let cells = [variant.name.to_owned(), load.workers.to_string()].into_iter().chain(numbers);
        report.row(cells, median as f64 / latest as f64);
        let mut tell = |metric, unit, value| report.outcome(variant.name, load.workers, metric, unit, value);
        tell("median", "ns", median as f64);
        tell("p99", "ns", p99 as f64);
        tell("worst", "ns", worst as f64);
        tell("missed", "%", missed);
        draw(&mut trace, variant, load, course);
    }
    // What computes for a whole job without a look at the clock misses frames, on any machine. All else is up to the machine.
    let innocent = courses.iter().find(|(variant, _, course)| variant.blocks && missed(course) == 0.0);
    judge(arguments, &courses, &mut report);
    if let Some((variant, ..)) = innocent {
        report.say(format!(
            "NOT as it should be: {} missed no frame. Please report this, with the machine.",
            variant.name
        ));
    }
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if innocent.is_none() && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// How many of the ticks were met when the next was due already, in per cent.
fn missed(course: &Course) -> f64 {
    let late = course.lateness();
    100.0 * late.iter().filter(|late| **late >= PERIOD.as_nanos() as u64).count() as f64 / late.len() as f64
}

/// Says what was seen. Times judge nothing: a busy machine isn't wrong.
fn judge(arguments: &Arguments, courses: &[(Variant, Load, Course)], report: &mut Report) {
    let typical = |name: &str| {
        let (_, load, course) = courses.iter().find(|(variant, ..)| variant.name == name)?;
        Some((load.workers, ms(percentile(&course.lateness(), 50))))
    };
    if let Some((workers, late)) = typical("thread") {
        let beside =
            if workers == 1 { "one computing thread".to_owned() } else { format!("{workers} computing threads") };
        report.say(format!("Beside {beside} the typical tick is {late} late."));
        if machine::usable_cpus() <= workers {
            report.say(
                "There is no core to spare: the tick's thread shares one with a worker, in `thread` and `process` too.",
            );
        }
    }
    if let Some((_, late)) = typical("gil") {
        report.say(format!("Under a global interpreter lock it is {late} late."));
    }
    if let Some((_, late)) = typical("async-blocked") {
        report.say(format!("In a runtime that a task blocks for {} ms at a time it is {late} late.", arguments.job));
    }
    report.say("A tick that is later than a frame is missed: its frame is never drawn.");
    if arguments.ticks < 100 {
        report.say(format!(
            "Of {} ticks the 99th percentile is the worst one; --ticks 100 tells them apart.",
            arguments.ticks
        ));
    }
}

/// Adds a way to the timeline: what the ticks wait for, and when each worker computes.
fn draw(trace: &mut Trace, variant: &Variant, load: &Load, course: &Course) {
    let name = if load.workers > variant.crowds[0] {
        format!("{}, {} workers", variant.name, load.workers)
    } else {
        variant.name.to_owned()
    };
    let event = |state, name: &str, start, end| Event { state, name: name.to_owned(), start, end };
    let ticks = course.ticks.iter().map(|tick| event(State::Waits, "a tick is late", tick.start, tick.end));
    let mut rows = vec![("ticks".to_owned(), ticks.collect())];
    for (number, spans) in course.work.iter().enumerate() {
        let works = spans.iter().map(|span| event(State::Runs, "computes", span.start, span.end));
        rows.push((format!("worker {number}"), works.collect()));
    }
    trace.rows(&name, &rows);
}

/// Nanoseconds as milliseconds.
fn ms(ns: u64) -> String {
    format!("{:.2} ms", ns as f64 / 1e6)
}
