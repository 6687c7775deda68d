//! The question: how late are the ticks?

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use lab::report::shown;
use lab::trace::{Event, State};
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers, machine};
use responsiveness::ticker::{PERIOD, Ticker};
use responsiveness::{Course, Load, VARIANTS, Variant, kernel_tick, percentile};

/// How late is a tick of 60 Hz while work goes on?
#[derive(clap::Args)]
pub struct Late {
    /// How many ticks each variant meets, 60 in a second
    #[arg(long, value_name = "N", default_value = "20")]
    ticks: Whole<1, 6000, u32>,

    /// How long a job takes that is done without a look at the clock, in milliseconds: two frames or more
    #[arg(long, value_name = "MILLISECONDS", default_value = "50")]
    job: Whole<34, 10_000>,
}

/// A way to meet ticks, beside so much work.
pub struct Given {
    variant: Variant,
    load: Load,
}

impl Question for Late {
    const SHOWN: &str = "whole jobs without a look at the clock made the ticks miss frames; all other times are told, not judged";
    const EXAMPLES: &str = "cargo run -p responsiveness
        cargo run -p responsiveness -- --variant gil --workers 8
        cargo run -p responsiveness --example demonstrate    # some seconds for each variant: press keys
        taskset -c 0 cargo run -p responsiveness             # on one core";
    const WORKERS: Option<Workers> = Some(Workers {
        least: 1,
        most: 64,
        default: Some(1),
        help: "How many workers compute at once; the variant gil is tried with twice and four times as many too",
    });
    type Given = Given;
    type Run = Course;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let job = Duration::from_millis(self.job.0);
        let case = |variant: Variant, workers| {
            Case::new(
                variant.name,
                workers,
                Given { variant, load: Load { workers, job } },
            )
        };
        let crowds = |variant: Variant| {
            variant
                .crowds
                .iter()
                .map(move |crowd| case(variant, crowd * chosen.workers))
        };
        Ok(VARIANTS.into_iter().flat_map(crowds).collect())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Course> {
        let mut frame = |_| ControlFlow::Continue(());
        (case.given.variant.run)(
            Ticker::new(self.ticks.0, &mut frame),
            &case.given.load,
        )
    }

    fn tell(&self, case: &Case<Given>, runs: &[Course], row: &mut Row<'_>) {
        let Given { variant, load } = &case.given;
        let (late, missed) = (runs[0].lateness(), missed(&runs[0]));
        row.words("workers", &case.parameter);
        for (metric, rank) in [("median", 50), ("p95", 95), ("worst", 100)] {
            row.number(metric, "ns", percentile(&late, rank) as f64);
        }
        row.number("missed", "%", 100.0 * missed as f64 / late.len() as f64);
        // What computes for a whole job without a look at the clock misses frames on any machine. All else is up to the machine.
        if variant.blocks && missed == 0 {
            row.wrong();
        }
        let is_crowd = load.workers > variant.crowds[0];
        let group = if is_crowd {
            format!("{}, {} workers", case.name, load.workers)
        } else {
            case.name.clone()
        };
        row.timeline(&group, &rows(&runs[0]));
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let ticks = self.ticks.0;
        let of = |name| of_all(done, name);
        let said = |Done { case, runs }: &Done<Self>| {
            let (workers, typical) =
                (case.given.load.workers, percentile(&runs[0].lateness(), 50));
            let beside = if workers == 1 {
                "one computing thread".to_owned()
            } else {
                format!("{workers} computing threads")
            };
            let missed = missed(&runs[0]);
            format!(
                "beside {beside} {missed} of {ticks} frames are missed, and the typical tick is {} late",
                shown(typical as f64, "ns")
            )
        };
        for thread in of("thread") {
            report.say_of_times(format!(
                "With threads that run at the same time, {}.",
                said(thread)
            ));
            if machine::usable_cpus() <= thread.case.given.load.workers {
                report.say(
                    "There is no core to spare: the tick's thread shares one with a worker, in `thread` and `process` too.",
                );
            }
        }
        let gil: Vec<String> = of("gil").map(said).collect();
        if let [fewest, .., most] = &gil[..] {
            report.say_of_times(format!(
                "Under a global interpreter lock, {fewest}; {most}."
            ));
        }
        if let Some(tick) =
            kernel_tick().filter(|_| of("shared-core").next().is_some())
        {
            let tick = tick.as_nanos() as f64;
            report.outcome("kernel-tick", 1, "length", "ns", tick);
            report.say(format!(
                "The kernel's own tick comes every {}, and a slice of a core ends at one: a thread that waits for its turn waits till then.",
                shown(tick, "ns")
            ));
        }
        let frame = PERIOD.as_nanos() as f64;
        for Done { case, runs } in done {
            // A crowd is a curve of its own: `gil-4` is that of four times the workers.
            let fewest = of_all(done, &case.name)
                .map(|done| done.case.given.load.workers)
                .min();
            let name = match case.given.load.workers / fewest.unwrap_or(1) {
                1 => case.name.clone(),
                crowd => format!("{}-{crowd}", case.name),
            };
            let late = runs[0].lateness();
            RANKS.iter().for_each(|rank| {
                report.outcome(
                    &name,
                    rank,
                    "late",
                    "ns",
                    percentile(&late, *rank) as f64,
                );
            });
        }
        RANKS
            .iter()
            .for_each(|rank| report.outcome("frame", rank, "late", "ns", frame));
        report.say(format!(
            "A tick that is later than a frame, {}, is missed: its frame is never drawn.",
            shown(frame, "ns")
        ));
        if ticks < 20 {
            report.say(format!("Of {ticks} ticks the 95th percentile is the worst one; --ticks 100 tells them apart."));
        }
    }
}

/// The percentiles between which a curve is drawn.
const RANKS: [usize; 5] = [50, 75, 90, 95, 100];

/// What was done of one variant.
fn of_all<'a>(
    done: &'a [Done<Late>],
    name: &'a str,
) -> impl Iterator<Item = &'a Done<Late>> {
    done.iter().filter(move |done| done.case.name == name)
}

/// How many ticks were met so late that the next one was due.
fn missed(course: &Course) -> usize {
    course
        .lateness()
        .iter()
        .filter(|late| **late >= PERIOD.as_nanos() as u64)
        .count()
}

/// What the ticks wait for, and when each worker computes.
fn rows(course: &Course) -> Vec<(String, Vec<Event>)> {
    let mut rows = vec![(
        "ticks".to_owned(),
        Event::each(State::Waits, "a tick is late", &course.ticks),
    )];
    for (number, spans) in course.work.iter().enumerate() {
        rows.push((
            format!("worker {number}"),
            Event::each(State::Runs, "computes", spans),
        ));
    }
    rows
}
