//! What does a thread that sleeps cost in memory, and what does a process?
//!
//! Run `cargo run -p memory-footprint` and look at the columns `RSS`, `all` and `machine`: what is usually added up, what
//! the kernel counts in all its places, and what the machine has less, each for one unit more.

use std::collections::BTreeSet;
use std::io;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use lab::arguments::whole;
use lab::memory::{Footprint, room};
use lab::trace::{Event, State};
use lab::{Ending, Report, Trace};
use memory_footprint::look::{self, Machine, Sums};
use memory_footprint::slope::{Spread, slope};
use memory_footprint::{ASLEEP, MARGIN, Unit, VARIANTS, Variant, apart};
use rustix::process::{Resource, getrlimit};

/// What does a thread that sleeps cost in memory, and what does a process?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers
        .default_value("8")
        .value_parser(whole::<usize>(1..=16))
        .help("How many threads hold each of the stacks that are compared, from 1 to 16")),
    after_help = "Examples:
  cargo run -p memory-footprint
  cargo run -p memory-footprint -- --variant processes --processes 50
  cargo run -p memory-footprint -- --variant threads --stack 64
  env MALLOC_ARENA_MAX=1 cargo run -p memory-footprint -- --variant threads --threads 10"
)]
struct Arguments {
    /// How many threads are held asleep at most
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = whole::<usize>(1..=1000), allow_negative_numbers = true)]
    threads: usize,

    /// How many processes are held asleep at most
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = whole::<usize>(1..=200), allow_negative_numbers = true)]
    processes: usize,

    /// The stack of each thread, in KiB
    #[arg(long, value_name = "KIB", default_value_t = 8192, value_parser = whole::<usize>(16..=8192), allow_negative_numbers = true)]
    stack: usize,

    /// How many rounds look at the whole machine; the median of what they found is shown
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = whole::<u64>(1..=100), allow_negative_numbers = true)]
    rounds: u64,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = ["threads", "processes", "processes-exec", UNTOUCHED, TOUCHED])]
    variant: Option<String>,

    #[command(flatten)]
    common: lab::Arguments,
}

/// Threads with stacks of several sizes: some write to none of it, the others to nearly all of it.
const UNTOUCHED: &str = "stack-untouched";
const TOUCHED: &str = "stack-touched";

/// The sizes, in KiB, from the smallest that Linux gives a thread to what `ulimit -s` is by default.
const STACKS: [usize; 5] = [16, 64, 256, 1024, 8192];

/// At so many units the processes are looked at for the charts.
const NUMBERS: [usize; 7] = [1, 10, 50, 100, 200, 500, 1000];

/// How long the kernel is given to free what a round has left. It frees much of it late, when no CPU can see it any more.
const SETTLE: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    if std::env::args_os().next().is_some_and(|name| name == ASLEEP) {
        return lab::run(|| memory_footprint::sleep_on_standard_streams().map(|()| Ending::Shown));
    }
    let arguments: Arguments = lab::parse();
    lab::run(|| experiment(&arguments))
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    let columns = ["variant", "stack", "virtual", "RSS", "PSS", "kernel", "all", "machine"];
    let mut report = Report::new("memory-footprint", &columns);
    let mut timeline = Timeline { began: Instant::now(), rows: Vec::new() };
    let is_wanted = |name: &str| arguments.variant.as_deref().is_none_or(|only| only == name);
    let (mut costs, mut stacks) = (Vec::new(), Vec::new());
    for variant in VARIANTS.iter().filter(|variant| is_wanted(variant.name)) {
        match measure(variant, arguments, &mut timeline) {
            Ok(cost) => costs.push(cost),
            Err(error) => report.left_out(variant.name, error),
        }
    }
    for (name, is_touched) in [(UNTOUCHED, false), (TOUCHED, true)].into_iter().filter(|(name, _)| is_wanted(name)) {
        match compare(is_touched, arguments.common.workers, &mut timeline) {
            Ok(compared) => stacks.extend(compared.into_iter().map(|stack| (name, stack))),
            Err(error) => report.left_out(name, error),
        }
    }
    tell(&mut report, &costs, &stacks);
    let is_right = judge(&mut report, &costs, &stacks);
    report.print(arguments.common.json)?;
    if let Some(path) = &arguments.common.trace {
        let mut trace = Trace::default();
        trace.rows("memory-footprint", &timeline.rows);
        trace.write(path)?;
    }
    Ok(if is_right && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// What a variant's units cost, in bytes.
struct Costs {
    name: &'static str,
    most: usize,
    /// The stack of each, where that was chosen.
    stack: Option<usize>,
    /// What so many units add to what the kernel counts for the processes.
    added: Vec<(usize, Sums)>,
    /// Whether in every look the shares of pages were no more than the pages.
    is_shared: bool,
    /// What one unit more adds to it: the slopes of the address space, RSS, PSS and the page tables.
    each: [f64; 4],
    /// What one unit more adds to what the kernel counts for the whole machine.
    kernel_stack: Spread,
    slab: Spread,
    /// What the machine has less of for one unit more, and how much of it `MemAvailable` alone shows.
    available: Spread,
    mem_available: Spread,
}

/// Measures a variant. What the kernel counts for processes it counts exactly: one round will do. What it counts for the
/// machine, everybody else on the machine changes too, so it takes several.
fn measure(variant: &Variant, arguments: &Arguments, timeline: &mut Timeline) -> io::Result<Costs> {
    let is_threads = variant.name == "threads";
    let most = if is_threads { arguments.threads } else { arguments.processes };
    let unit = Unit { stack: arguments.stack, touch: 0, one_arena: false };
    if is_threads {
        fit(most, &unit)?;
    } else {
        fit_processes(most)?;
    }
    // One more is one beside many: the first ones find room that others have left in the kernel's caches of its objects.
    let steps: Vec<usize> = (5..=10).map(|tenth| most * tenth / 10).collect();
    let fewer = NUMBERS.into_iter().filter(|n| *n < most);
    // In order, and each once.
    let levels: BTreeSet<usize> = [0].into_iter().chain(fewer).chain(steps.iter().copied()).collect();
    let levels: Vec<usize> = levels.into_iter().collect();

    let seen = timeline
        .span(variant.name, "the processes are looked at", || apart(variant, &unit, &levels, look::processes))?;
    let each = PARTS.map(|part| {
        let points = seen.iter().filter(|(n, _)| steps.contains(n)).map(|(n, sums)| (*n, part(sums) as f64));
        slope(&points.collect::<Vec<_>>())
    });
    let mut rounds = Vec::new();
    for _ in 0..arguments.rounds {
        thread::sleep(SETTLE);
        rounds.push(
            timeline.span(variant.name, "the machine is looked at", || apart(variant, &unit, &steps, look::machine))?,
        );
    }
    let spread = |part: fn(&Machine) -> f64| {
        let slope_of = |round: &Vec<(usize, Machine)>| {
            let points: Vec<_> = round.iter().map(|(n, machine)| (*n, part(machine))).collect();
            slope(&points)
        };
        Spread::of(rounds.iter().map(slope_of).collect())
    };
    Ok(Costs {
        name: variant.name,
        most,
        stack: is_threads.then_some(arguments.stack),
        added: seen
            .iter()
            .filter(|(n, _)| *n == most || NUMBERS.contains(n))
            .map(|(n, sums)| (*n, sums.more_than(&seen[0].1)))
            .collect(),
        is_shared: seen.iter().all(|(_, sums)| sums.pss <= sums.rss),
        each,
        kernel_stack: spread(|machine| machine.kernel_stack as f64),
        slab: spread(|machine| machine.slab as f64),
        available: spread(|machine| -(machine.available as f64)),
        mem_available: spread(|machine| -(machine.mem_available as f64)),
    })
}

const PARTS: [fn(&Sums) -> u64; 4] =
    [|sums| sums.virtual_size, |sums| sums.rss, |sums| sums.pss, |sums| sums.page_tables];

impl Costs {
    /// What the kernel holds for each on its own account.
    fn kernel(&self) -> f64 {
        let [.., page_tables] = self.each;
        page_tables + self.kernel_stack.median + self.slab.median
    }

    /// All that each costs: what it has in memory, a shared page by its share, and what the kernel holds for it.
    fn all(&self) -> f64 {
        let [_, _, pss, _] = self.each;
        pss + self.kernel()
    }
}

/// What each thread with a stack of this size, in KiB, adds to its process.
struct Stack {
    size: usize,
    touched: usize,
    each: [f64; 4],
}

/// Compares stacks of several sizes, by so many threads that hold one of a size. There is one thread before them, so that what
/// the first one costs for all isn't counted.
fn compare(is_touched: bool, threads: usize, timeline: &mut Timeline) -> io::Result<Vec<Stack>> {
    let of = |size| {
        let touched = if is_touched { size - MARGIN } else { 0 };
        let unit = Unit { stack: size, touch: touched, one_arena: true };
        fit(threads + 1, &unit)?;
        let name = if is_touched { TOUCHED } else { UNTOUCHED };
        let levels = [1, threads + 1];
        let seen = timeline
            .span(name, &format!("stacks of {size} KiB"), || apart(&VARIANTS[0], &unit, &levels, look::processes))?;
        let more = seen[1].1.more_than(&seen[0].1);
        Ok(Stack { size, touched, each: PARTS.map(|part| part(&more) as f64 / threads as f64) })
    };
    STACKS.into_iter().map(of).collect()
}

/// Fails in words if so many threads are more than there is room for. A thread that is started with the last of all
/// addresses ends its process, so they are counted before.
fn fit(threads: usize, unit: &Unit) -> io::Result<()> {
    const KIB: u64 = 1024;
    let (threads, stack) = (threads as u64, unit.stack as u64);
    needs(threads * (unit.touch as u64 + 64) * KIB)?;
    let Some(limit) = getrlimit(Resource::As).current else { return Ok(()) };
    let left = limit.saturating_sub(Footprint::own()?.virtual_size);
    // Its guard page, the stack for signals, and for some an arena of malloc.
    let reserved = threads * (stack + 64) * KIB + if unit.one_arena { 1 } else { threads } * (64 << 20);
    if reserved <= left {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{threads} threads may reserve {} of addresses, and `ulimit -v` leaves {}",
        size(reserved as f64),
        size(left as f64)
    )))
}

/// The same for processes.
fn fit_processes(processes: usize) -> io::Result<()> {
    needs(processes as u64 * (1 << 20))
}

fn needs(bytes: u64) -> io::Result<()> {
    match room() {
        Some(room) if room < bytes + SPARE => Err(io::Error::other(format!(
            "it may take {}, and there is room for {}",
            size(bytes as f64),
            size(room as f64)
        ))),
        _ => Ok(()),
    }
}

/// What is left to everybody else, in bytes.
const SPARE: u64 = 64 << 20;

/// Adds the rows, and what `--json` tells.
fn tell(report: &mut Report, costs: &[Costs], stacks: &[(&str, Stack)]) {
    let most = costs.iter().map(Costs::all).fold(1.0, f64::max);
    for cost in costs {
        let [virtual_size, rss, pss, page_tables] = cost.each;
        let all = cost.all();
        let stack = cost.stack.map_or_else(String::new, |kib| short(kib as f64 * 1024.0));
        let cells = [virtual_size, rss, pss, cost.kernel(), all, cost.available.median].map(short);
        report.row([cost.name.to_owned(), stack].into_iter().chain(cells), all / most);
        for (metric, value) in [
            ("virtual-each", virtual_size),
            ("rss-each", rss),
            ("pss-each", pss),
            ("page-tables-each", page_tables),
            ("kernel-stack-each", cost.kernel_stack.median),
            ("slab-each", cost.slab.median),
            ("all-each", all),
            ("available-each", cost.available.median),
        ] {
            report.outcome(cost.name, cost.most, metric, "bytes", value);
        }
        for (n, added) in &cost.added {
            // What is counted in batches, for the whole machine, doesn't show a single unit: here the slopes stand for it.
            let kernel = *n as f64 * (cost.kernel_stack.median + cost.slab.median);
            let all = added.pss as f64 + added.page_tables as f64 + kernel;
            for (metric, value) in [
                ("virtual", added.virtual_size as f64),
                ("rss", added.rss as f64),
                ("pss", added.pss as f64),
                ("all", all),
            ] {
                report.outcome(cost.name, n, metric, "bytes", value);
            }
        }
    }
    for (name, stack) in stacks {
        let [reserved, resident, pss, page_tables] = stack.each;
        let cells = [stack.size as f64 * 1024.0, reserved, resident, pss, page_tables].map(short);
        report.row([(*name).to_owned()].into_iter().chain(cells).chain([String::new(), String::new()]), 0.0);
        for (metric, value) in [("reserved", reserved), ("resident", resident), ("tables", page_tables)] {
            report.outcome(name, stack.size, metric, "bytes", value);
        }
    }
}

/// Says in words what was seen, and whether it is as it must be on every machine.
fn judge(report: &mut Report, costs: &[Costs], stacks: &[(&str, Stack)]) -> bool {
    for cost in costs {
        let [_, _, pss, page_tables] = cost.each.map(size);
        let (kernel_stack, slab) = (size(cost.kernel_stack.median), size(cost.slab.median));
        let Spread { lowest, median, highest } = cost.available;
        report.say(format!(
            "{}: one more of them costs {}: {pss} of its own and its share of others' pages (PSS), page tables {page_tables}, \
             kernel stack {kernel_stack}, other kernel objects {slab}. The machine has {} less for it ({} to {}).",
            cost.name,
            size(cost.all()),
            size(median),
            size(lowest),
            size(highest)
        ));
    }
    let of = |name: &str| costs.iter().find(|cost| cost.name == name);
    if let (Some(threads), Some(processes)) = (of("threads"), of("processes")) {
        let ratio = processes.all() / threads.all();
        let by_rss = processes.each[1] / threads.each[1];
        report.say(format!(
            "A forked process costs {ratio:.1} times as much as a thread. RSS added up says {by_rss:.0} times."
        ));
    }
    if costs.iter().any(|cost| cost.mem_available.median < 0.85 * cost.available.median) {
        report.say(
            "MemAvailable alone shows less: free pages that wait in the CPUs' own lists, and that were handed out here, \
             it doesn't count.",
        );
    }
    let is_shared = costs.iter().all(|cost| cost.is_shared);
    let is_reserved = stacks.iter().all(|(_, stack)| {
        let [reserved, resident, ..] = stack.each;
        // Whatever runs on a stack touches some of it, and here and there a page of a library that nobody has used yet.
        let (size, touched) = (stack.size as f64 * 1024.0, stack.touched as f64 * 1024.0);
        reserved >= size && resident >= 0.95 * touched && resident < touched + 256.0 * 1024.0
    });
    if !is_shared {
        report.say("NOT as it should be: the shares of pages are more than the pages.");
    }
    if !is_reserved {
        report.say(
            "NOT as it should be: a stack isn't reserved whole, or more or less of it is in memory than was touched.",
        );
    } else if !stacks.is_empty() {
        report.say("A stack is reserved whole and costs what was touched of it.");
    }
    is_shared && is_reserved
}

/// A number of bytes for a cell: `K` stands for KiB.
fn short(bytes: f64) -> String {
    size(bytes).replace(" ", "").replace("iB", "")
}

/// A number of bytes in words.
fn size(bytes: f64) -> String {
    const KIB: f64 = 1024.0;
    match bytes.abs() {
        few if few < 100.0 * KIB => format!("{:.1} KiB", bytes / KIB),
        some if some < 1000.0 * KIB => format!("{:.0} KiB", bytes / KIB),
        many if many < 1000.0 * KIB * KIB => format!("{:.1} MiB", bytes / KIB / KIB),
        _ => format!("{:.1} GiB", bytes / KIB / KIB / KIB),
    }
}

/// When units were held, a row for each name.
struct Timeline {
    began: Instant,
    rows: Vec<(String, Vec<Event>)>,
}

impl Timeline {
    /// Does this work, and notes when.
    fn span<T>(&mut self, row: &str, what: &str, work: impl FnOnce() -> T) -> T {
        let start = self.began.elapsed().as_nanos() as u64;
        let result = work();
        let end = self.began.elapsed().as_nanos() as u64;
        let event = Event { state: State::Holds, name: what.to_owned(), start, end };
        match self.rows.iter_mut().find(|(name, _)| name == row) {
            Some((_, events)) => events.push(event),
            None => self.rows.push((row.to_owned(), vec![event])),
        }
        result
    }
}
