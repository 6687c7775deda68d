//! May any worker take any task, or has a core a role of its own?
//!
//! Run `cargo run -p core-roles` and look at the columns `makespan` and `urgent`: who ends first, and who keeps nobody waiting.
//! `--measure cores` asks another question: are this machine's cores equal?

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use core_roles::cores::{self, Cpu, apart, at};
use core_roles::{Evenness, Load, Run, VARIANTS, Variant};
use lab::arguments::whole;
use lab::{Ending, Report, Trace};

/// May any worker take any task, or has a core a role of its own?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers
        .value_parser(whole::<usize>(2..=lab::arguments::MOST_WORKERS))
        .help("How many workers share out; by default as many as CPUs, at least 2")),
    after_help = "Exit codes:
  0  every task was done once, and no urgent one before it arrived
  1  it wasn't so, or something was left out
  2  wrong arguments

Examples:
  cargo run -p core-roles
  cargo run -p core-roles -- --measure cores     (are this machine's cores equal?)
  cargo run -p core-roles -- --load uneven --variant kept-core-threads
  taskset -c 0 cargo run -p core-roles           (on one core)"
)]
struct Arguments {
    /// What to measure: ways to share work out, or the machine's cores
    #[arg(long, value_name = "WHAT", default_value = "roles", value_parser = ["roles", "cores"])]
    measure: String,

    /// Share out only this bulk of tasks
    #[arg(long, value_name = "NAME", value_parser = Evenness::ALL.map(Evenness::name))]
    load: Option<String>,

    /// How many tasks the bulk has; by default 20 for each worker, at most 480
    #[arg(long, value_name = "N", value_parser = whole::<usize>(2..=100_000), allow_negative_numbers = true)]
    tasks: Option<usize>,

    /// How many urgent tasks arrive in each run
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = whole::<usize>(1..=1000), allow_negative_numbers = true)]
    urgent: usize,

    /// How many rounds; medians over them are shown
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = whole::<u64>(1..=1000), allow_negative_numbers = true)]
    rounds: u64,

    /// Run only this variant, and one worker alone
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    #[command(flatten)]
    common: lab::Arguments,
}

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| match &arguments.measure[..] {
        "cores" => compare_cores(&arguments),
        _ => share_out(&arguments),
    })
}

/// A variant with a load, and what came of it in each round.
struct Case {
    variant: Variant,
    load: Load,
    makespans: Vec<Duration>,
    /// The bound of each round.
    bounds: Vec<Duration>,
    over_bound: Vec<f64>,
    idle: Vec<f64>,
    latencies: Vec<Duration>,
    /// The share of the tasks that were done as they should be, in the worst round.
    done: f64,
    is_whole: bool,
    last: Option<Run>,
}

fn share_out(arguments: &Arguments) -> io::Result<Ending> {
    let workers = arguments.common.workers;
    let cores = cores::count(workers);
    let mut report = Report::new("core-roles", &["variant", "idle", "load", "ratio", "makespan", "worst", "urgent"]);
    let tasks = arguments.tasks.unwrap_or((20 * workers).min(480));
    let wanted = |evenness: &Evenness| arguments.load.as_deref().is_none_or(|only| only == evenness.name());
    let loads: Vec<Load> =
        Evenness::ALL.into_iter().filter(wanted).map(|evenness| Load::new(evenness, tasks)).collect();
    // One worker alone is tried first: from what the bulk takes follows when the urgent tasks are to arrive.
    let mut cases = Vec::new();
    for load in &loads {
        let bound = (VARIANTS[0].run)(load, 1)?.bound(cores);
        let load = load.with_urgent(arrivals(arguments.urgent, bound));
        cases.extend(variants(arguments).map(|variant| Case::new(variant, &load)));
    }
    for _ in 0..arguments.rounds {
        let mut refused: Vec<&str> = Vec::new();
        let mut bound = Duration::ZERO;
        for case in &mut cases {
            let name = case.variant.name;
            if refused.contains(&name) {
                continue;
            }
            match (case.variant.run)(&case.load, workers) {
                Ok(run) => {
                    if name == VARIANTS[0].name {
                        bound = run.bound(cores);
                    }
                    case.take(run, bound, cores);
                }
                Err(error) => {
                    report.left_out(name, error);
                    refused.push(name);
                }
            }
        }
        cases.retain(|case| !refused.contains(&case.variant.name));
    }
    let slowest = cases.iter().map(Case::makespan).max().unwrap_or_default().as_secs_f64();
    let mut trace = Trace::default();
    for case in &mut cases {
        case.tell(slowest, &mut report);
        if let Some(run) = &case.last {
            trace.rows(case.variant.name, &run.rows());
        }
    }
    for case in cases.iter().filter(|case| case.variant.name == VARIANTS[0].name) {
        let (bound, load) = (median(&case.bounds), case.load.evenness().name());
        let cells = ["bound", "", load, "", &milliseconds(bound), "", ""].map(str::to_owned);
        report.row(cells, bound.as_secs_f64() / slowest);
        report.outcome("bound", load, "makespan", "ns", bound.as_nanos() as f64);
    }
    let is_whole = cases.iter().all(|case| case.is_whole);
    if !is_whole {
        report.say(
            "NOT as it should be: a task was done twice, wrongly or not at all. Please report this, with the machine.",
        );
    } else {
        report.say("Every task was done once, by whomever, and no urgent one before it arrived.");
    }
    judge(&cases, cores, &mut report);
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if is_whole && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// What is to be tried with each load, in the order of the table. One worker alone always is: the bound is made of what it
/// took.
fn variants(arguments: &Arguments) -> impl Iterator<Item = Variant> {
    let wanted = |name| name == VARIANTS[0].name || arguments.variant.as_deref().is_none_or(|only| only == name);
    VARIANTS.into_iter().filter(move |variant| wanted(variant.name))
}

/// So many times of arrival, over the first four fifths of a time, at equal distances.
fn arrivals(urgent: usize, within: Duration) -> Vec<Duration> {
    (1..=urgent).map(|number| within.mul_f64(0.8 * number as f64 / urgent as f64)).collect()
}

impl Case {
    fn new(variant: Variant, load: &Load) -> Self {
        Self {
            variant,
            load: load.clone(),
            makespans: Vec::new(),
            bounds: Vec::new(),
            over_bound: Vec::new(),
            idle: Vec::new(),
            latencies: Vec::new(),
            done: 100.0,
            is_whole: true,
            last: None,
        }
    }

    fn take(&mut self, run: Run, bound: Duration, cores: usize) {
        self.makespans.push(run.makespan());
        self.bounds.push(bound);
        self.over_bound.push(run.makespan().as_secs_f64() / bound.as_secs_f64().max(1e-9));
        self.idle.push(100.0 * run.idle(cores));
        self.latencies.extend(run.latencies());
        let tasks = self.load.bulk() + self.load.urgent();
        self.done = self.done.min(100.0 * run.done(&self.load) as f64 / tasks as f64);
        self.is_whole &= run.is_whole(&self.load);
        self.last = Some(run);
    }

    fn makespan(&self) -> Duration {
        median(&self.makespans)
    }

    fn latency(&self) -> Duration {
        median(&self.latencies)
    }

    fn tell(&self, slowest: f64, report: &mut Report) {
        let (name, load, makespan) = (self.variant.name, self.load.evenness().name(), self.makespan());
        let (idle, over_bound) = (median(&self.idle), median(&self.over_bound));
        let worst = self.latencies.iter().copied().max().unwrap_or_default();
        let cells = [
            name.to_owned(),
            format!("{idle:.0} %"),
            load.to_owned(),
            format!("{over_bound:.2}"),
            milliseconds(makespan),
            milliseconds(worst),
            milliseconds(self.latency()),
        ];
        report.row(cells, makespan.as_secs_f64() / slowest);
        report.outcome(name, load, "makespan", "ns", makespan.as_nanos() as f64);
        report.outcome(name, load, "over-bound", "times", over_bound);
        report.outcome(name, load, "done", "%", self.done);
        report.outcome(name, load, "idle", "%", idle);
        report.outcome(name, load, "latency", "ns", self.latency().as_nanos() as f64);
        report.outcome(name, load, "worst-latency", "ns", worst.as_nanos() as f64);
    }
}

/// Says what the times tell. They judge nothing: a busy machine isn't wrong.
fn judge(cases: &[Case], cores: usize, report: &mut Report) {
    let of = |name| cases.iter().find(|case| case.variant.name == name && case.load.evenness() == Evenness::Uneven);
    let role = if cores > 1 { "a core kept for" } else { "a worker that is there for" };
    if let (Some(symmetric), Some(kept)) = (of("shared-queue-threads"), of("kept-core-threads")) {
        let (makespans, latencies) = ([symmetric, kept].map(Case::makespan), [symmetric, kept].map(Case::latency));
        report.say(format!(
            "On the uneven load, the threads of the shared queue end after {}, and an urgent task takes {} from its arrival to \
             its end. With {role} what is urgent: {} and {}.",
            milliseconds(makespans[0]),
            milliseconds(latencies[0]),
            milliseconds(makespans[1]),
            milliseconds(latencies[1])
        ));
    }
    report.say(match cores {
        1 => "On one CPU no core can be kept: who has a role shares it with the others, and the scheduler decides."
            .to_owned(),
        _ => format!(
            "The bound is the CPU time of all tasks over {cores} cores. The ratio is the makespan over the bound."
        ),
    });
}

fn compare_cores(arguments: &Arguments) -> io::Result<Ending> {
    let given = [
        ("--trace", arguments.common.trace.is_some()),
        ("--load", arguments.load.is_some()),
        ("--tasks", arguments.tasks.is_some()),
        ("--variant", arguments.variant.is_some()),
    ];
    if let Some((option, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
        let what = format!("--measure cores has nothing to do with {option}; leave it out, or measure roles");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let mut report = Report::new("core-roles", &["CPU", "its quartiles", "all at once", "one at a time"]);
    let cpus = cores::measure(arguments.rounds.max(cores::rounds_for(cores::count(usize::MAX))))?;
    let alone = |cpu: &Cpu| cpu.quartiles()[1];
    let (Some(fastest), Some(slowest)) = (cpus.iter().map(alone).min(), cpus.iter().map(alone).max()) else {
        report.left_out("one-at-a-time", "the system binds no thread to a CPU");
        report.left_out("all-at-once", "the system binds no thread to a CPU");
        report.print(arguments.common.json)?;
        return Ok(Ending::NotShown);
    };
    let quartiles = |cpu: &Cpu| apart(cpu.quartiles()[0], cpu.quartiles()[2]);
    for cpu in &cpus {
        let (alone, at_once) = (alone(cpu), at(0.5, &cpu.all_at_once));
        let cells =
            [cpu.number.to_string(), format!("{:.3}", quartiles(cpu)), milliseconds(at_once), milliseconds(alone)];
        report.row(cells, alone.as_secs_f64() / slowest.as_secs_f64());
        report.outcome("one-at-a-time", cpu.number, "row", "ns", alone.as_nanos() as f64);
        report.outcome("all-at-once", cpu.number, "row", "ns", at_once.as_nanos() as f64);
    }
    let between = apart(slowest, fastest);
    let within = cpus.iter().map(quartiles).fold(1.0, f64::max);
    let shared: Vec<f64> =
        cpus.iter().map(|cpu| at(0.5, &cpu.all_at_once).as_secs_f64() / alone(cpu).as_secs_f64()).collect();
    report.outcome("one-at-a-time", "cpus", "between", "times", between);
    report.outcome("one-at-a-time", "cpus", "within", "times", within);
    report.outcome("all-at-once", "cpus", "slowdown", "times", median(&shared));
    report.say(format!(
        "The slowest CPU takes {between:.3} times as long as the fastest. Within one CPU, the upper quartile lies at up to \
         {within:.3} times the lower one. All at once, a CPU takes {:.3} times as long as while the others have none of this work.",
        median(&shared)
    ));
    report.say(match cpus.len() {
        1 => "With one CPU there is nothing to compare.".to_owned(),
        _ if cores::differ(&cpus) => "They are not equal: in most rounds one is slower than another.".to_owned(),
        _ => "They are equal, as far as this tells: no CPU is slower than another in most rounds.".to_owned(),
    });
    report.say(cores::told());
    report.say(cores::siblings());
    report.print(arguments.common.json)?;
    Ok(Ending::Shown)
}

/// The median; of two in the middle, the greater one.
fn median<T: Copy + PartialOrd>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(|one, other| one.partial_cmp(other).expect("a measured value is a number"));
    sorted[sorted.len() / 2]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
