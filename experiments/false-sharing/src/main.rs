//! Do counters that are neighbours in memory slow each other down, though no worker touches another's?
//!
//! Run `cargo run -p false-sharing` and look at the column `time`: what an addition takes, over the bytes between counters.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use false_sharing::{Count, Layout, Step, VARIANTS, Variant, step};
use lab::arguments::whole;
use lab::report::thousands;
use lab::{Ending, Placement, Report, Span, Trace, machine};

/// Do counters that are neighbours in memory slow each other down?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers.default_value("2").help("How many workers, each with a counter of its own")),
    after_help = "Exit codes:
  0  every addition was counted, at every distance
  1  one wasn't, or a variant was left out
  2  wrong arguments

Examples:
  cargo run -p false-sharing
  cargo run -p false-sharing -- --offset 56        (the first counter ends its cache line)
  taskset -c 0 cargo run -p false-sharing          (on one core)"
)]
struct Arguments {
    /// How often each worker adds one, in each round
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = whole::<u64>(100..=100_000_000), allow_negative_numbers = true)]
    increments: u64,

    /// How many rounds; the median of their times is shown
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = whole::<u64>(1..=1000), allow_negative_numbers = true)]
    rounds: u64,

    /// How many bytes the first counter lies behind the beginning of a page: a multiple of 8
    #[arg(long, value_name = "BYTES", default_value_t = 0, value_parser = offset, allow_negative_numbers = true)]
    offset: usize,

    /// Try only this distance between the counters; without the others, no step is looked for
    #[arg(long, value_name = "BYTES", value_parser = ["0", "8", "16", "32", "64", "128", "256", "512"], allow_negative_numbers = true)]
    distance: Option<String>,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    #[command(flatten)]
    common: lab::Arguments,
}

fn offset(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(bytes) if bytes < false_sharing::PAGE && bytes % 8 == 0 => Ok(bytes),
        _ => Err("give a multiple of 8 from 0 to 4088".to_owned()),
    }
}

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| experiment(&arguments))
}

/// A variant at a distance, and what it took in each round.
struct Case {
    variant: Variant,
    layout: Layout,
    costs: Vec<f64>,
    /// Of these, the costs in rounds in which all workers worked at the same time.
    at_once: Vec<f64>,
    lost: u64,
    is_exact: bool,
    spans: Vec<Span>,
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    let times = arguments.increments;
    let mut report = Report::new("false-sharing", &["variant", "lost", "bytes", "time"]);
    let mut cases = cases(arguments);
    if cases.is_empty() {
        let what = "that --variant isn't tried at that --distance; leave one of them out";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    // Round by round, so that what disturbs the machine for a while doesn't meet one distance alone.
    for _ in 0..arguments.rounds {
        // A variant that the system refuses is dropped as a whole; the others' round goes on, so that each has all its rounds.
        let mut refused = Vec::new();
        for case in cases.iter_mut().rev() {
            let name = case.variant.name;
            if refused.contains(&name) {
                continue;
            }
            match (case.variant.count)(&case.layout, times) {
                Ok(count) => case.take(count, times),
                Err(error) => {
                    report.left_out(name, error);
                    refused.push(name);
                }
            }
        }
        cases.retain(|case| !refused.contains(&case.variant.name));
    }
    let mut trace = Trace::default();
    let slowest = cases.iter().map(Case::cost).fold(0.0, f64::max);
    for case in &cases {
        let (name, distance, cost) = (case.variant.name, case.layout.distance, case.cost());
        let cells = [name.to_owned(), thousands(case.lost), distance.to_string(), format!("{cost:.1} ns")];
        report.row(cells, cost / slowest);
        report.outcome(name, distance, "cost", "ns", cost);
        report.outcome(name, distance, "lost", "updates", case.lost as f64);
        trace.team(&format!("{name}, {distance} bytes apart"), &case.spans);
    }
    let is_exact = cases.iter().all(|case| case.is_exact);
    if !is_exact {
        report.say("NOT as it should be: additions are missing. Please report this, with the machine.");
    } else if !cases.is_empty() {
        report.say("Every addition counts, on a shared line too: sharing one costs time, never an update.");
    }
    judge(arguments, &cases, &mut report);
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if is_exact && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// What is to be tried, in the order of the table.
fn cases(arguments: &Arguments) -> Vec<Case> {
    let wanted = |variant: &Variant| arguments.variant.as_deref().is_none_or(|only| only == variant.name);
    let placement = &Placement::apart();
    let of = |variant: Variant| {
        let workers = if variant.alone { 1 } else { arguments.common.workers };
        let tried = |distance: &&usize| arguments.distance.as_ref().is_none_or(|only| *only == distance.to_string());
        variant.distances.iter().filter(tried).map(move |&distance| {
            let layout = Layout { placement: placement.clone(), workers, distance, offset: arguments.offset };
            Case { variant, layout, costs: Vec::new(), at_once: Vec::new(), lost: 0, is_exact: true, spans: Vec::new() }
        })
    };
    VARIANTS.into_iter().filter(wanted).flat_map(of).collect()
}

impl Case {
    fn take(&mut self, count: Count, times: u64) {
        let added = self.layout.workers as u64 * times;
        self.lost += added.saturating_sub(count.counted.iter().sum());
        self.is_exact &= count.is_exact(&self.layout, times);
        self.costs.push(count.cost(times));
        if count.is_at_once() {
            self.at_once.push(count.cost(times));
        }
        self.spans = count.spans;
    }

    /// The median over the rounds in which the workers worked at once; over all where there is none.
    fn cost(&self) -> f64 {
        let mut costs = if self.at_once.is_empty() { self.costs.clone() } else { self.at_once.clone() };
        costs.sort_unstable_by(f64::total_cmp);
        costs[costs.len() / 2]
    }
}

/// Says what the times tell, as far as they can. They judge nothing: a busy machine isn't wrong.
fn judge(arguments: &Arguments, cases: &[Case], report: &mut Report) {
    let (workers, line) = (arguments.common.workers, machine::this().cache_line);
    let cpus = machine::usable_cpus();
    let unseen = match workers {
        1 => Some("One worker has no neighbour: no step can be seen."),
        _ if cpus == 1 => Some("On one CPU the workers take turns, and no line travels: no step can be seen."),
        _ if workers > cpus => Some("More workers than CPUs take turns: no step can be seen, as most neighbours wait."),
        _ => None,
    };
    for Variant { name, .. } in VARIANTS.into_iter().filter(|variant| !variant.alone) {
        let cases: Vec<&Case> = cases.iter().filter(|case| case.variant.name == name).collect();
        let costs: Vec<(usize, f64)> = cases.iter().map(|case| (case.layout.distance, case.cost())).collect();
        let (Some((nearest, _)), Some((_, apart)), None) = (costs.first(), costs.last(), &arguments.distance) else {
            continue;
        };
        let met = cases.iter().all(|case| 3 * case.at_once.len() >= case.costs.len());
        let step = if unseen.is_none() && met { step(&costs) } else { Step::None };
        if *nearest == 0 {
            // 0 where there is none: every launch of a recording must have the same outcomes.
            let measured = if let Step::At(distance) = step { distance } else { 0 };
            report.outcome(name, workers, "line-size-measured", "bytes", measured as f64);
            report.outcome(name, workers, "line-size-reported", "bytes", line as f64);
        }
        if unseen.is_some() {
            continue;
        }
        if !met {
            report.say(format!("{name}: in most rounds the workers didn't run at once, so its times tell little."));
            continue;
        }
        let beside = costs.iter().find(|(distance, _)| *distance == 8).map_or(f64::NAN, |(_, cost)| cost / apart);
        let beside = format!("{name}: 8 bytes apart an addition takes {beside:.1} times as long as far apart.");
        report.say(match step {
            Step::At(distance) => format!("{beside} The step is at {distance} bytes."),
            Step::Unclear => format!("{beside} There is no clear step: something disturbed the workers."),
            Step::None if *nearest == 0 => {
                format!("{beside} There is no step: these CPUs share a cache, or are busy with something else.")
            }
            Step::None => beside,
        });
    }
    if let Some(why) = unseen {
        report.say(why);
    }
    let offset = arguments.offset as u64;
    report.say(match line {
        0 => "The machine doesn't report the size of its cache lines.".to_owned(),
        line if offset == 0 => {
            format!("The machine reports cache lines of {line} bytes, and the first counter begins one.")
        }
        line => format!(
            "The machine reports cache lines of {line} bytes; the next begins {} bytes behind the first counter.",
            line - offset % line
        ),
    });
    let Some(placement) = cases.first().map(|case| &case.layout.placement) else { return };
    let names: Vec<String> = placement.cpus().iter().take(workers).map(ToString::to_string).collect();
    // A request, for a CPU may go offline between two rounds; the system then goes on choosing.
    report.say(match names.len() {
        0 => "The system chose the workers' CPUs: it binds none to one.".to_owned(),
        bound if bound < workers => {
            format!("The workers asked the system for these CPUs in turn: {}.", names.join(", "))
        }
        _ => format!("The workers asked the system for a CPU each: {}.", names.join(", ")),
    });
}
