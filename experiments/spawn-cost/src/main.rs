//! Something is started, does nothing, and its end is waited for: what does that cost, as a thread and as a process?
//!
//! Run `cargo run -p spawn-cost` and compare the row `thread-spawn` with `fork-exit` and `posix-spawn`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use lab::arguments::whole;
use lab::trace::{Event, State};
use lab::{Ending, Placement, Report, Trace};
use spawn_cost::calls::Pages;
use spawn_cost::{Conditions, Size, VARIANTS, Variant, cost, measure, part, series, system_calls, variant};

/// What does it cost to start something that does nothing, and to wait for its end?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers
        .default_value("1")
        .value_parser(whole::<usize>(1..=64))
        .help("How many workers a pool has, from 1 to 64")),
    after_help = "Exit codes:
  0  everything that was to be started was started, ended, and was measured
  1  a variant was left out
  2  wrong arguments

Examples:
  cargo run -p spawn-cost
  cargo run -p spawn-cost -- --over memory         (of the process that starts)
  cargo run -p spawn-cost -- --over at-once        (1 to 64 started together)
  cargo run -p spawn-cost -- --variant fork-exit --memory 1024 --huge-pages
  cargo run -p spawn-cost -- --system-calls        (counted by strace)"
)]
struct Arguments {
    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    /// Where it runs: all on one core, or wherever the system puts it; by default both
    #[arg(long, value_name = "NAME", value_parser = PLACEMENTS)]
    placement: Option<String>,

    /// How many are started before any is waited for
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole::<usize>(1..=64), allow_negative_numbers = true)]
    at_once: usize,

    /// How much memory the process that starts them has touched, in MB of 2^20 bytes
    #[arg(long, value_name = "MB", default_value_t = 0, value_parser = whole::<usize>(0..=4096), allow_negative_numbers = true)]
    memory: usize,

    /// Make that memory of huge pages, where the system has them
    #[arg(long, requires = "memory")]
    huge_pages: bool,

    /// How often each is started; by default 100 times, and less often where each takes longer
    #[arg(long, value_name = "N", value_parser = whole::<usize>(1..=1000), allow_negative_numbers = true)]
    times: Option<usize>,

    /// Measure a few variants over this, from little to much
    #[arg(long, value_enum, conflicts_with_all = ["at_once", "memory", "huge_pages", "trace"])]
    over: Option<Over>,

    /// Count instead, by strace, the system calls of one start
    #[arg(long, conflicts_with_all = ["over", "placement", "times", "trace", "at_once", "memory", "huge_pages"])]
    system_calls: bool,

    /// Start in this process, and measure nothing: what is run under strace
    #[arg(long, hide = true)]
    here: bool,

    #[command(flatten)]
    common: lab::Arguments,
}

/// What a few variants are measured over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Over {
    /// How many are started at once
    AtOnce,
    /// The parent's memory
    Memory,
}

const PLACEMENTS: [&str; 2] = ["one-core", "free"];

fn main() -> ExitCode {
    if let Some(ending) = part() {
        return ending;
    }
    let arguments: Arguments = lab::parse();
    lab::run(|| check(&arguments).and_then(|()| run(&arguments)))
}

fn run(arguments: &Arguments) -> io::Result<Ending> {
    match arguments {
        Arguments { here: true, .. } => here(arguments),
        Arguments { system_calls: true, .. } => system_calls(arguments),
        Arguments { over: Some(over), .. } => over_a_range(arguments, *over),
        _ => side_by_side(arguments),
    }
}

impl Arguments {
    /// Of these, the variants to run.
    fn chosen<'a>(&'a self, all: &'a [Variant]) -> impl Iterator<Item = Variant> + 'a {
        all.iter().filter(|variant| self.variant.as_deref().is_none_or(|only| only == variant.name)).copied()
    }

    fn placements(&self) -> Vec<&'static str> {
        PLACEMENTS.into_iter().filter(|name| self.placement.as_deref().is_none_or(|only| only == *name)).collect()
    }

    fn conditions(&self, placement: &str) -> io::Result<Conditions> {
        Ok(Conditions {
            placement: Placement::named(placement)?,
            at_once: self.at_once,
            memory: self.memory,
            pages: if self.huge_pages { Pages::Huge } else { Pages::Small },
            workers: self.common.workers,
        })
    }
}

/// Refuses what would measure something else than it says.
fn check(arguments: &Arguments) -> io::Result<()> {
    let refused = |what: String| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    if arguments.huge_pages && arguments.memory == 0 {
        return refused("--huge-pages has no memory to make with --memory 0; give --memory more".to_owned());
    }
    match arguments.chosen(&VARIANTS).find(Variant::is_whole_pool) {
        Some(Variant { name, .. }) if arguments.variant.is_some() && arguments.at_once > 1 => refused(format!(
            "--variant {name} starts one pool for all, so --at-once {} tells nothing of one; leave it out",
            arguments.at_once
        )),
        _ => Ok(()),
    }
}

/// Every variant, on one core and free.
fn side_by_side(arguments: &Arguments) -> io::Result<Ending> {
    let (pools, variants): (Vec<Variant>, Vec<Variant>) =
        arguments.chosen(&VARIANTS).partition(|variant| arguments.at_once > 1 && variant.is_whole_pool());
    let placements = arguments.placements();
    let head: Vec<&str> = ["variant"].into_iter().chain(placements.iter().copied()).collect();
    let (mut report, mut trace) = (Report::new("spawn-cost", &head), Trace::default());
    let mut costs: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for &variant in &variants {
        let run = |placement: &&str| {
            let conditions = arguments.conditions(placement)?;
            let mut series = measure(&[(variant, arguments.times.unwrap_or(100))], &conditions)?;
            Ok((series.timed.remove(0).map_err(io::Error::other)?, series.parent))
        };
        match placements.iter().map(run).collect::<io::Result<Vec<_>>>() {
            Ok(timed) => {
                for (placement, (spans, parent)) in placements.iter().zip(&timed) {
                    // Why a copy costs what it does.
                    if variant.name == "fork-exit" {
                        tell_size(&mut report, variant.name, placement, *parent);
                    }
                    let row = spans.iter().map(|span| event(variant.name, span.start, span.end)).collect();
                    trace.rows(&format!("{}, {placement}", variant.name), &[("starter".to_owned(), row)]);
                }
                costs.insert(variant.name, timed.iter().map(|(spans, _)| cost(spans, arguments.at_once)).collect());
            }
            Err(error) => report.left_out(variant.name, error),
        }
    }
    let slowest = costs.values().flatten().copied().fold(0.0, f64::max);
    for Variant { name, .. } in variants {
        let Some(costs) = costs.get(name) else { continue };
        let cells = [name.to_owned()].into_iter().chain(costs.iter().map(|cost| microseconds(*cost)));
        report.row(cells, costs[costs.len() - 1] / slowest);
        for (placement, cost) in placements.iter().zip(costs) {
            report.outcome(name, placement, "cost", "ns", *cost);
        }
    }
    report.say("The time of one, from its start until its end was waited for. It does nothing in between.");
    if !pools.is_empty() {
        let names: Vec<&str> = pools.iter().map(|pool| pool.name).collect();
        report.say(format!(
            "Not in the table: {}. Each starts one pool for all {}, so there is no time of one.",
            names.join(" and "),
            arguments.at_once
        ));
    }
    for (number, placement) in placements.iter().enumerate() {
        let of = |name: &str| costs.get(name).map(|costs| costs[number]);
        let (Some(thread), Some(fork), Some(spawn)) = (of("thread-spawn"), of("fork-exit"), of("posix-spawn")) else {
            continue;
        };
        report.say(format!(
            "{placement}: a copy of this process takes {:.1} times as long as a thread, a tiny program by posix_spawn {:.1} times.",
            fork / thread,
            spawn / thread
        ));
    }
    if arguments.memory > 0 {
        report.say(format!("The process that starts them has touched {} MB.", arguments.memory));
    }
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if report.is_partial() { Ending::NotShown } else { Ending::Shown })
}

fn event(name: &str, start: u64, end: u64) -> Event {
    Event { state: State::Runs, name: name.to_owned(), start, end }
}

fn microseconds(nanoseconds: f64) -> String {
    format!("{:.1} µs", nanoseconds / 1e3)
}

/// How large the process is that starts something, where the system tells.
fn tell_size(report: &mut Report, variant: &str, parameter: impl ToString, size: Option<Size>) {
    let Some(size) = size else { return };
    let parameter = parameter.to_string();
    report.outcome(variant, &parameter, "parent-rss", "bytes", size.rss as f64);
    report.outcome(variant, &parameter, "parent-page-tables", "bytes", size.page_tables as f64);
    report.outcome(variant, &parameter, "parent-entries", "entries", size.entries as f64);
}

/// What is measured over a range.
struct Range {
    values: &'static [usize],
    unit: &'static str,
    metric: &'static str,
    variants: &'static [&'static str],
    says: &'static str,
}

impl Over {
    const fn range(self) -> Range {
        match self {
            Self::AtOnce => Range {
                values: &[1, 4, 16, 64],
                unit: "",
                metric: "at-once",
                variants: &["thread-spawn", "pool-task", "fork-exit", "posix-spawn"],
                says: "The time of all, divided by how many were started before any was waited for.",
            },
            Self::Memory => Range {
                values: &[0, 64, 256, 1024],
                unit: " MB",
                metric: "over-memory",
                variants: &["thread-spawn", "vfork-exit", "posix-spawn", "fork-exit", "fork-exec"],
                says: "The time of one start, over the memory that the process which starts it has touched. A fork copies an entry for each page of it, and of huge pages there are fewer.",
            },
        }
    }

    /// How often a variant is started by default. A copy of a large process takes as long as a thousand other starts.
    fn times(self, variant: &Variant) -> usize {
        if self == Self::Memory && variant.name.starts_with("fork") { 5 } else { 30 }
    }

    /// The conditions with a value of the range.
    fn at(self, value: usize, pages: Pages, conditions: Conditions) -> Conditions {
        match self {
            Self::AtOnce => Conditions { at_once: value, ..conditions },
            Self::Memory => Conditions { memory: value, pages, ..conditions },
        }
    }
}

/// A few variants over what they depend on, on each placement.
fn over_a_range(arguments: &Arguments, over: Over) -> io::Result<Ending> {
    let Range { values, unit, metric, variants, says } = over.range();
    let all: Vec<Variant> = variants.iter().map(|name| variant(name)).collect();
    let chosen: Vec<Variant> = arguments.chosen(&all).collect();
    if chosen.is_empty() {
        let what = format!("--variant isn't measured --over this; give one of {}", variants.join(", "));
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    // Huge pages matter to what copies the tables of its parent's memory.
    let is_copy = |variant: &&Variant| over == Over::Memory && variant.name == "fork-exit";
    let copies: Vec<Variant> = chosen.iter().filter(is_copy).copied().collect();
    let kinds = [(Pages::Small, "", chosen), (Pages::Huge, HUGE_PAGES, copies)];

    let heads: Vec<String> = values.iter().map(|value| format!("{value}{unit}")).collect();
    let head: Vec<&str> = ["variant", "placement"].into_iter().chain(heads.iter().map(String::as_str)).collect();
    let mut report = Report::new("spawn-cost", &head);
    // By name and placement, in the table's order.
    let mut rows: Vec<(String, &str, Vec<Option<f64>>)> = Vec::new();
    for placement in arguments.placements() {
        let names = kinds.iter().flat_map(|(_, suffix, variants)| {
            variants.iter().map(move |variant| (format!("{}{suffix}", variant.name), placement, Vec::new()))
        });
        let first = rows.len();
        rows.extend(names);
        for &value in values {
            let mut rows = rows[first..].iter_mut();
            for (pages, _, variants) in kinds.iter().filter(|(_, _, variants)| !variants.is_empty()) {
                let conditions = over.at(value, *pages, arguments.conditions(placement)?);
                let often = |variant: &Variant| (*variant, arguments.times.unwrap_or(over.times(variant)));
                let measured = measure(&variants.iter().map(often).collect::<Vec<_>>(), &conditions);
                for ((number, variant), (name, _, costs)) in variants.iter().enumerate().zip(&mut rows) {
                    let timed = match &measured {
                        Ok(series) => series.timed[number].as_ref().map_err(ToString::to_string),
                        Err(error) => Err(error.to_string()),
                    };
                    let cost = timed.map(|spans| cost(spans, conditions.at_once));
                    match &cost {
                        Ok(cost) => report.outcome(name, value, &format!("{metric}-{placement}"), "ns", *cost),
                        Err(why) => report.left_out(name, format!("{placement}, {value}{unit}: {why}")),
                    }
                    costs.push(cost.ok());
                    // It is as large wherever it runs, so it is told once.
                    if is_copy(&variant) && placement == PLACEMENTS[0] {
                        tell_size(&mut report, name, value, measured.as_ref().ok().and_then(|series| series.parent));
                    }
                }
            }
        }
    }
    let slowest = rows.iter().flat_map(|(_, _, costs)| costs).flatten().copied().fold(0.0, f64::max);
    for (name, placement, costs) in rows {
        let cells = costs.iter().map(|cost| cost.map_or_else(|| "–".to_owned(), microseconds));
        let last = costs.iter().flatten().next_back().copied().unwrap_or(0.0);
        report.row([name, placement.to_owned()].into_iter().chain(cells), last / slowest);
    }
    report.say(says);
    report.print(arguments.common.json)?;
    Ok(if report.is_partial() { Ending::NotShown } else { Ending::Shown })
}

/// What is added to a variant's name where its parent's memory is made of huge pages.
const HUGE_PAGES: &str = "-huge-pages";

/// Starts in this process, for strace to see.
fn here(arguments: &Arguments) -> io::Result<Ending> {
    let chosen: Vec<_> = arguments.chosen(&VARIANTS).map(|variant| (variant, arguments.times.unwrap_or(1))).collect();
    let series = series(&chosen, &arguments.conditions("free")?, Instant::now())?;
    series.timed.into_iter().collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?;
    Ok(Ending::Shown)
}

/// Runs each variant in a process under strace.
fn system_calls(arguments: &Arguments) -> io::Result<Ending> {
    let single = arguments.variant.is_some();
    let head: &[&str] = if single {
        &["system call", "who starts", "what is started"]
    } else {
        &["variant", "by", "calls", "of the new one"]
    };
    let mut report = Report::new("spawn-cost", head);
    let whole = |count: f64| if count.fract() == 0.0 { format!("{count}") } else { format!("{count:.1}") };
    for variant in arguments.chosen(&VARIANTS) {
        let words = ["--here", "--variant", variant.name];
        let calls = match std::env::current_exe().and_then(|own| system_calls::count(&own, &words)) {
            Ok(calls) => calls,
            Err(error) if is_missing(&error) => return without_strace(&error, arguments),
            Err(error) => {
                report.left_out(variant.name, error);
                continue;
            }
        };
        let sums = [&calls.starter, &calls.started].map(|counts| counts.values().sum::<f64>());
        if single {
            let names: BTreeSet<&String> = calls.starter.keys().chain(calls.started.keys()).collect();
            for name in names {
                let [starter, started] = [&calls.starter, &calls.started].map(|counts| counts.get(name).copied());
                let cell = |count: Option<f64>| count.map_or_else(|| "–".to_owned(), whole);
                report.row([name.clone(), cell(starter), cell(started)], 0.0);
            }
            report.say(match &calls.by[..] {
                "" => format!("{} starts nothing: what it needs is there.", variant.name),
                by => format!("{} starts it by {by}.", variant.name),
            });
        } else {
            let by = if calls.by.is_empty() { "–" } else { &calls.by };
            report.row([variant.name.to_owned(), by.to_owned(), whole(sums[0]), whole(sums[1])], 0.0);
        }
        for (metric, sum) in ["calls", "calls-of-the-new"].into_iter().zip(sums) {
            report.outcome(variant.name, 1, metric, "calls", sum);
        }
        let shares = calls.by.split(' ').any(|flag| flag == "VM");
        report.outcome(variant.name, 1, "shares-memory", "of 1", f64::from(u8::from(shares)));
    }
    if !single {
        report.say("VM: it begins in the memory of who starts it. VFORK: who starts it stops until it executes a program or ends. THREAD: it is a thread of the same process. With none of them it is a copy.");
    }
    report.print(arguments.common.json)?;
    Ok(if report.is_partial() { Ending::NotShown } else { Ending::Shown })
}

/// Whether there is no strace, or none that may trace here.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
}

/// No failure of the experiment: who has no strace, or may not trace, is told so.
fn without_strace(error: &io::Error, arguments: &Arguments) -> io::Result<Ending> {
    let advice = if error.kind() == io::ErrorKind::NotFound { " Install strace to see it." } else { "" };
    let line = format!("Left out: the count of system calls ({error}).{advice}\n");
    if arguments.common.json {
        let _ = io::stderr().write_all(line.as_bytes());
    } else {
        lab::report::print(&line)?;
    }
    Ok(Ending::Shown)
}
