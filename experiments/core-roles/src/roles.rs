//! The first question: when does the last task end, and how long does an urgent one wait, by which worker may take it?

use std::io;
use std::time::Duration;

use core_roles::{Evenness, Load, Run, VARIANTS, Variant, cores};
use lab::report::shown;
use lab::{
    Case, Chosen, Done, Placement, Question, Report, Row, Whole, Workers, median,
    of_rounds,
};

/// May any worker take any task, or has a core a role of its own?
#[derive(clap::Args)]
pub struct Roles {
    /// Share out only this bulk of tasks
    #[arg(long, value_name = "NAME", value_enum)]
    load: Option<Evenness>,

    /// How many tasks the bulk has; by default 20 for each worker, at most 480
    #[arg(long, value_name = "N")]
    tasks: Option<Whole<2, 100_000, usize>>,

    /// How many urgent tasks arrive in each run
    #[arg(long, value_name = "N", default_value = "6")]
    urgent: Whole<1, 1000, usize>,

    /// How many rounds; medians over them are shown
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: Whole<1, 1000>,
}

/// A variant, with a load for so many workers, which have so many CPUs.
pub struct Given {
    variant: Variant,
    load: Load,
    workers: usize,
    cores: usize,
}

/// One worker alone.
const ALONE: Variant = VARIANTS[0];

impl Question for Roles {
    const NAME: &str = "roles";
    const SHOWN: &str =
        "every task was done once, and no urgent one before it arrived";
    const EXAMPLES: &str = "cargo run -p core-roles
        cargo run -p core-roles -- cores               # are this machine's cores equal?
        cargo run -p core-roles -- --load uneven --variant kept-core-threads
        taskset -c 0 cargo run -p core-roles           # on one core";
    const WORKERS: Option<Workers> = Some(Workers {
        least: 2,
        help: "How many workers share out the tasks; by default as many as CPUs, at least 2",
        ..Workers::ANY
    });
    const BASELINE: Option<&str> = Some(ALONE.name);
    type Given = Given;
    type Run = Run;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let tasks = self.tasks.map_or((20 * workers).min(480), |tasks| tasks.0);
        let cores = cores(workers);
        let mut cases = Vec::new();
        for evenness in Evenness::ALL
            .into_iter()
            .filter(|one| self.load.is_none_or(|only| only == *one))
        {
            let load = Load::new(evenness, tasks);
            // One worker alone is tried first: how long the bulk takes decides when the urgent tasks arrive.
            let bound = (ALONE.run)(&load, 1)?.bound(cores);
            let load = load.with_urgent(arrivals(self.urgent.0, bound));
            let given =
                |variant| Given { variant, load: load.clone(), workers, cores };
            cases.extend(VARIANTS.map(|variant| {
                Case::new(variant.name, evenness.name(), given(variant))
            }));
        }
        Ok(cases)
    }

    fn rounds(&self) -> u64 {
        self.rounds.0
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Run> {
        (case.given.variant.run)(&case.given.load, case.given.workers)
    }

    fn compare(&self, done: &Done<Self>, all: &[Done<Self>], row: &mut Row<'_>) {
        let (Done { case, runs }, Given { load, cores, .. }) =
            (done, &done.case.given);
        let rounds = bounds(&case.parameter, all).zip(runs);
        let over_bound =
            rounds.map(|(bound, run)| run.makespan().as_nanos() as f64 / bound);
        row.number(
            "idle",
            "%",
            median(runs.iter().map(|run| 100.0 * run.idle(*cores))),
        );
        row.words("load", &case.parameter);
        row.number_in("ratio", "over-bound", "times", median(over_bound));
        row.number_in(
            "worst",
            "worst-latency",
            "ns",
            latencies(runs).fold(f64::NAN, f64::max),
        );
        row.number_in("urgent", "latency", "ns", median(latencies(runs)));
        row.number("makespan", "ns", makespan(done));
        let tasks = load.tasks().count() as f64;
        row.aside(
            "done",
            "%",
            runs.iter()
                .map(|run| 100.0 * run.done(load) as f64 / tasks)
                .fold(100.0, f64::min),
        );
        if let Some(run) = runs.last() {
            row.timeline(&case.name, &run.rows());
        }
        if !runs.iter().all(|run| run.is_whole(load)) {
            row.wrong();
        }
    }

    /// No time that is told here judges anything: a busy machine isn't wrong.
    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        report.say_if_right(
            "Every task was done once, and no urgent one before it arrived.",
        );
        let Some(&Given { cores, workers, .. }) =
            done.first().map(|done| &done.case.given)
        else {
            return;
        };
        let uneven = done
            .iter()
            .filter(|done| done.case.parameter == Evenness::Uneven.name());
        let times = |name| {
            let of = uneven.clone().find(|done| done.case.name == name)?;
            Some(
                [makespan(of), median(latencies(&of.runs))]
                    .map(|time| shown(time, "ns")),
            )
        };
        if let (Some(queue), Some(kept)) =
            (times("shared-queue-threads"), times("kept-core-threads"))
        {
            let role = if cores > 1 && !Placement::apart().cpus().is_empty() {
                "a core kept for"
            } else {
                "a worker that is there for"
            };
            report.say_of_times(format!(
                "On the uneven load, the threads of the shared queue end after {}, and an urgent task takes {} from its \
                 arrival to its end. With {role} what is urgent: {} and {}.",
                queue[0], queue[1], kept[0], kept[1]
            ));
        }
        let mut told = Vec::new();
        for evenness in Evenness::ALL.map(Evenness::name) {
            let bound = median(bounds(evenness, done));
            report.outcome("bound", evenness, "makespan", "ns", bound);
            if bound.is_finite() {
                told.push(format!(
                    "{} for the {evenness} load",
                    shown(bound, "ns")
                ));
            }
        }
        report.say(match cores {
            1 => "On one CPU no core can be kept: the worker with the role shares it with the others, and the scheduler decides. \
                  Nor does the bulk end sooner, however it is shared out: that shows from two CPUs on."
                .to_owned(),
            _ => format!("The bound is the CPU time of all tasks over {cores} cores, or that of the longest task: {}. The ratio is the makespan over the bound, round by round.", told.join(", ")),
        });
        report.say(places(workers));
    }
}

/// Where the workers run. Their CPUs may be of several kinds, and what is kept is one of the fastest.
fn places(workers: usize) -> String {
    let (apart, kept) = (Placement::apart(), Placement::together());
    let on = apart.in_words(workers);
    match apart.cpus().len() {
        0 => {
            format!("Workers run {on}: it binds none to a CPU, so no core is kept.")
        }
        1 => format!("All workers run {on}."),
        _ => format!(
            "Workers run {on}, each bound to one; where a core is kept, the worker with the role runs {}. Only `role-only-threads` \
             are bound to none.",
            kept.in_words(1)
        ),
    }
}

/// The bound of each round of this load, in nanoseconds: it follows from what one worker alone took.
fn bounds<'a>(
    load: &'a str,
    all: &'a [Done<Roles>],
) -> impl Iterator<Item = f64> + 'a {
    let alone = all.iter().filter(move |done| {
        done.case.name == ALONE.name && done.case.parameter == load
    });
    alone.flat_map(|alone| {
        alone
            .runs
            .iter()
            .map(|run| run.bound(alone.case.given.cores).as_nanos() as f64)
    })
}

fn latencies(runs: &[Run]) -> impl Iterator<Item = f64> {
    runs.iter().flat_map(Run::latencies).map(|latency| latency.as_nanos() as f64)
}

fn makespan(done: &Done<Roles>) -> f64 {
    of_rounds(done.runs.iter().map(|run| run.makespan().as_nanos() as f64))
}

/// So many times of arrival, over the first four fifths of a time, at equal distances.
fn arrivals(urgent: usize, within: Duration) -> Vec<Duration> {
    (1..=urgent)
        .map(|number| within.mul_f64(0.8 * number as f64 / urgent as f64))
        .collect()
}
