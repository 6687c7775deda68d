//! What does a thread that sleeps cost in memory, and what does a process?
//!
//! Run `cargo run -p memory-footprint` and look at the columns `RSS`, `all` and `machine`: what is usually added up, what
//! the kernel counts in all its places, and what the machine has less, each for one unit more.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use lab::arguments::whole;
use lab::{Ending, Report, Trace};
use memory_footprint::measure::{Costs, LEAST_COUNTED, Objects, Stack, Timeline, costs, stacks};
use memory_footprint::slope::Spread;
use memory_footprint::{ASLEEP, Unit, VARIANTS, bytes};

/// What does a thread that sleeps cost in memory, and what does a process?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers
        .default_value("8")
        .value_parser(whole::<usize>(1..=16))
        .help("How many threads hold each of the stacks that are compared, from 1 to 16")),
    after_help = "Exit codes:
  0  everything was measured, and what the kernel counts is as it must be
  1  it isn't, or something was left out
  2  wrong arguments

Examples:
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
    let mut timeline = Timeline::new();
    let is_wanted = |name: &str| arguments.variant.as_deref().is_none_or(|only| only == name);
    let unit = Unit { stack: arguments.stack, touch: 0, one_arena: false };
    let (mut each, mut compared) = (Vec::new(), Vec::new());
    for variant in VARIANTS.iter().filter(|variant| is_wanted(variant.name)) {
        let most = if variant.name == "threads" { arguments.threads } else { arguments.processes };
        match costs(variant, &unit, most, arguments.rounds, &mut timeline) {
            Ok(costs) => each.push(costs),
            Err(error) => report.left_out(variant.name, error),
        }
    }
    for (name, is_touched) in [(UNTOUCHED, false), (TOUCHED, true)].into_iter().filter(|(name, _)| is_wanted(name)) {
        match stacks(name, is_touched, arguments.common.workers, &mut timeline) {
            Ok(stacks) => compared.extend(stacks.into_iter().map(|stack| (name, stack))),
            Err(error) => report.left_out(name, error),
        }
    }
    tell(&mut report, arguments, &each, &compared);
    let is_right = judge(&mut report, &each, &compared);
    report.print(arguments.common.json)?;
    if let Some(path) = &arguments.common.trace {
        let mut trace = Trace::default();
        trace.rows("memory-footprint", &timeline.rows);
        trace.write(path)?;
    }
    Ok(if is_right && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// Adds the rows, and what `--json` tells.
fn tell(report: &mut Report, arguments: &Arguments, each: &[Costs], stacks: &[(&str, Stack)]) {
    let most = each.iter().filter_map(Costs::all).fold(1.0, f64::max);
    for costs in each {
        let (name, one, all) = (costs.name, costs.each, costs.all());
        let stack = if name == "threads" { short(1024.0 * arguments.stack as f64) } else { String::new() };
        let [virtual_size, rss, pss, less] = [one.virtual_size, one.rss, one.pss, costs.available.median].map(short);
        let [kernel, whole] = [costs.kernel(), all].map(|part| part.map_or_else(|| "–".to_owned(), short));
        let cells = [name.to_owned(), stack, virtual_size, rss, pss, kernel, whole, less];
        report.row(cells, all.unwrap_or(0.0) / most);
        for (metric, value) in [
            ("virtual-each", Some(one.virtual_size)),
            ("rss-each", Some(one.rss)),
            ("pss-each", Some(one.pss)),
            ("page-tables-each", Some(one.page_tables)),
            ("kernel-stack-each", costs.objects.map(|objects| objects.kernel_stack.median)),
            ("slab-each", costs.objects.map(|objects| objects.slab.median)),
            ("all-each", all),
            ("available-each", Some(costs.available.median)),
        ] {
            if let Some(value) = value {
                report.outcome(name, costs.most, metric, "bytes", value);
            }
        }
        for (n, added) in &costs.added {
            report.outcome(name, n, "virtual", "bytes", added.virtual_size as f64);
            report.outcome(name, n, "rss", "bytes", added.rss as f64);
            report.outcome(name, n, "pss", "bytes", added.pss as f64);
            if let Some(all) = costs.all_of(*n, added) {
                report.outcome(name, n, "all", "bytes", all);
            }
        }
    }
    for (name, stack) in stacks {
        let one = stack.each;
        let cells = [1024.0 * stack.size as f64, one.virtual_size, one.rss, one.pss, one.page_tables].map(short);
        report.row([(*name).to_owned()].into_iter().chain(cells).chain([String::new(), String::new()]), 0.0);
        report.outcome(name, stack.size, "reserved", "bytes", one.virtual_size);
        report.outcome(name, stack.size, "resident", "bytes", one.rss);
        report.outcome(name, stack.size, "tables", "bytes", one.page_tables);
    }
}

/// Says in words what was seen, and whether it is as it must be on every machine.
fn judge(report: &mut Report, each: &[Costs], stacks: &[(&str, Stack)]) -> bool {
    for costs in each {
        let [pss, page_tables] = [costs.each.pss, costs.each.page_tables].map(bytes);
        let own = format!("{pss} of its own and its share of others' pages (PSS), page tables {page_tables}");
        let sum = match (costs.all(), costs.objects) {
            (Some(all), Some(Objects { kernel_stack, slab })) => format!(
                "{}: {own}, kernel stack {}, other kernel objects {}",
                bytes(all),
                within(kernel_stack),
                within(slab)
            ),
            _ => own,
        };
        let (name, less) = (costs.name, within(costs.available));
        report.say(format!("{name}: one more of them costs {sum}. The machine has {less} less for it."));
    }
    if each.iter().any(|costs| costs.objects.is_none()) {
        report.say(format!(
            "– : of fewer than {LEAST_COUNTED}, the kernel's stacks and objects aren't seen, for it counts them in batches \
             for the whole machine."
        ));
    }
    let of = |name: &str| each.iter().find(|costs| costs.name == name);
    if let (Some(threads), Some(processes)) = (of("threads"), of("processes"))
        && let (Some(thread), Some(process)) = (threads.all(), processes.all())
    {
        let (ratio, by_rss) = (process / thread, processes.each.rss / threads.each.rss);
        report.say(format!(
            "A forked process costs {ratio:.1} times as much as a thread. RSS added up says {by_rss:.0} times."
        ));
    }
    if each.iter().any(|costs| costs.mem_available.median < 0.85 * costs.available.median) {
        report.say(
            "MemAvailable alone shows less: free pages that wait in the CPUs' own lists, and that were handed out here, \
             it doesn't count.",
        );
    }
    let is_shared = each.iter().all(|costs| costs.is_shared);
    let is_reserved = stacks.iter().all(|(_, stack)| stack.is_right());
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

/// The median of several rounds, and how far they lie apart.
fn within(spread: Spread) -> String {
    let [median, lowest, highest] = [spread.median, spread.lowest, spread.highest].map(bytes);
    format!("{median} ({lowest} to {highest})")
}

/// A number of bytes for a cell: `K` stands for KiB.
fn short(number: f64) -> String {
    bytes(number).replace(' ', "").replace("iB", "")
}
