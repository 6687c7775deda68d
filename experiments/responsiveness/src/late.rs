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
    /// Run each variant for this many ticks, 60 of them in a second
    #[arg(long, value_name = "N", default_value = "20")]
    ticks: Whole<1, 6000, u32>,

    /// Let a job take this many milliseconds without a look at the clock; at least two frames
    #[arg(long, value_name = "MILLISECONDS", default_value = "50")]
    job: Whole<34, 10_000>,
}

/// A way to meet ticks, and how much work goes on beside them.
pub struct Given {
    variant: Variant,
    load: Load,
}

impl Question for Late {
    const NAME: &str = "late";
    const SHOWN: &str = "whole jobs on the ticking thread lost frames, as they must; no other time is judged";
    const EXAMPLES: &str = "cargo run -p responsiveness
        cargo run -p responsiveness -- --variant gil --workers 8
        cargo run -p responsiveness --example demonstrate    # see it, and press keys
        taskset -c 0 cargo run -p responsiveness             # on one core";
    const WORKERS: Option<Workers> = Some(Workers {
        least: 1,
        most: 64,
        default: Some(1),
        help: "Let this many workers compute at once; the variant gil also runs with 2 and 4 times as many",
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
        // A ticking thread that computes for a whole job misses frames on any machine. All other times depend on the machine.
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
        let said = |Done { case, runs }: &Done<Self>, lock: &str| {
            let (workers, typical) =
                (case.given.load.workers, percentile(&runs[0].lateness(), 50));
            let beside = if workers == 1 {
                "one computing thread".to_owned()
            } else {
                format!("{workers} computing threads")
            };
            let missed = match missed(&runs[0]) {
                0 => "no frame is missed".to_owned(),
                all if all == ticks as usize => "every frame is missed".to_owned(),
                1 => format!("1 of {ticks} frames is missed"),
                some => format!("{some} of {ticks} frames are missed"),
            };
            format!(
                "Beside {beside}{lock}, the typical tick is {} late, and {missed}.",
                shown(typical as f64, "ns")
            )
        };
        if !done.is_empty() {
            report.say(format!(
                "The column median tells how late the typical tick was, and worst how late the latest one was. Of 100 ticks, 95 are no later \
                 than p95. A tick that is more than a frame late ({}) is missed: its frame is never drawn.",
                shown(PERIOD.as_nanos() as f64, "ns")
            ));
        }
        if ticks < 20 {
            report.say("With fewer than 20 ticks, p95 is the same as worst; --ticks 100 tells the two apart.");
        }
        for thread in of("thread") {
            if machine::usable_cpus() <= thread.case.given.load.workers {
                report.say("There is no core to spare: in the variants thread and process too, the ticking thread shares a core with a worker.");
            }
            report.say_of_times(said(thread, ""));
        }
        let gil: Vec<_> = of("gil").collect();
        if let [fewest, .., most] = gil[..] {
            for case in [fewest, most] {
                report.say_of_times(said(case, " under a global interpreter lock"));
            }
        }
        if let Some(tick) =
            kernel_tick().filter(|_| of("shared-core").next().is_some())
        {
            let tick = tick.as_nanos() as f64;
            report.outcome("kernel-tick", 1, "length", "ns", tick);
            report.say(format!(
                "The kernel's own tick, an interrupt of its timer, comes every {}. A thread that has to wait for its turn on a shared core \
                 waits until such a tick.",
                shown(tick, "ns")
            ));
        }
        let frame = PERIOD.as_nanos() as f64;
        for Done { case, runs } in done {
            // Each number of workers has a curve of its own: `gil-4` is the curve of four times the workers.
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
    }
}

/// The percentiles through which a curve is drawn.
const RANKS: [usize; 5] = [50, 75, 90, 95, 100];

/// The cases of this variant that have run.
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

/// The timeline: how long each tick waits, and when each worker computes.
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
