//! The first question: when is the last task done, and how long do urgent tasks wait, depending on which worker may take which
//! task?

use std::io;
use std::time::Duration;

use core_roles::{Evenness, Load, Run, VARIANTS, Variant, cores};
use lab::report::shown;
use lab::{
    Case, Chosen, Done, Placement, Question, Report, Row, Whole, Workers, median,
    of_rounds,
};

/// May any worker take any task, or should a core be kept for a role?
#[derive(clap::Args)]
pub struct Roles {
    /// Share out only this bulk of tasks; by default both
    #[arg(long, value_name = "NAME", value_enum)]
    load: Option<Evenness>,

    /// Put this many tasks into the bulk; by default 20 for each worker, at most 480
    #[arg(long, value_name = "N")]
    tasks: Option<Whole<2, 100_000, usize>>,

    /// Let this many urgent tasks arrive in each run
    #[arg(long, value_name = "N", default_value = "6")]
    urgent: Whole<1, 1000, usize>,

    /// Measure in this many rounds, and show the median
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: Whole<1, 1000>,
}

/// A variant, with its load, and how many workers have how many CPUs.
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
        "every task was done once, and no urgent task before it arrived";
    const EXAMPLES: &str = "cargo run -p core-roles
        cargo run -p core-roles -- cores               # are this machine's cores equal?
        cargo run -p core-roles -- --load uneven --variant kept-core-threads
        taskset -c 0 cargo run -p core-roles           # on one core";
    const WORKERS: Option<Workers> = Some(Workers {
        least: 2,
        help: "Share the tasks out to this many workers; by default as many as CPUs, at least 2",
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
            // One worker alone goes first, because the time of the bulk decides when the urgent tasks arrive.
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

    /// No time makes the program fail, since a busy machine isn't wrong.
    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        report.say_if_right(
            "Every task was done once, and no urgent task before it arrived.",
        );
        let Some(&Given { cores, workers, .. }) =
            done.first().map(|done| &done.case.given)
        else {
            return;
        };
        if cores == 1 {
            report.say(
                "On one CPU no core can be kept. The worker for the urgent tasks shares the CPU with the other workers, and the scheduler \
                 decides whose turn it is. The bulk ends no sooner, however it is shared out.",
            );
        }
        report.say(
            "The column makespan tells when the last task is done. The column urgent is the median time from an urgent task's arrival to \
             its end, and worst is the longest such time. The column idle is the share of the cores' time without a task.",
        );
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
                "core"
            } else {
                "worker"
            };
            report.say_of_times(format!(
                "On the uneven load, threads with a shared queue are done after {}, and an urgent task takes {}. With a {role} kept for \
                 urgent tasks, the threads are done after {}, and an urgent task takes {}.",
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
        if !told.is_empty() {
            let divided = match cores {
                1 => String::new(),
                _ => format!(
                    " divided by {cores} cores, or the CPU time of the longest task if that is more"
                ),
            };
            report.say(format!(
                "No way can beat the bound, which is the CPU time of all tasks{divided}: {}. The column ratio is the makespan divided by \
                 the bound.",
                told.join(" and ")
            ));
        }
        report.say(places(workers));
    }
}

/// Where the workers run. If there are several kinds of CPUs, the kept one is of the fastest kind.
fn places(workers: usize) -> String {
    let (apart, kept) = (Placement::apart(), Placement::together());
    let on = apart.in_words(workers);
    match apart.cpus().len() {
        0 => {
            format!(
                "Workers run {on}. The system binds none of them to a CPU, so no core is kept."
            )
        }
        1 => format!("All workers run {on}."),
        _ => format!(
            "Workers run {on}, each bound to one CPU. If a core is kept, the worker for the urgent tasks runs {}. Only the workers of \
             role-only-threads are bound to no CPU.",
            kept.in_words(1)
        ),
    }
}

/// The bound of each round of this load, in nanoseconds. It follows from the time that one worker alone took.
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

/// When this many urgent tasks arrive: at equal distances, in the first four fifths of this time.
fn arrivals(urgent: usize, within: Duration) -> Vec<Duration> {
    (1..=urgent)
        .map(|number| within.mul_f64(0.8 * number as f64 / urgent as f64))
        .collect()
}
