//! The question: how late are the ticks?

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use lab::report::shown;
use lab::trace::{Event, State};
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers, machine};
use responsiveness::ticker::{PERIOD, Ticker};
use responsiveness::{Course, Load, VARIANTS, Variant, percentile};

/// How late is a tick of 60 Hz while work goes on?
#[derive(clap::Args)]
pub struct Late {
    /// How many ticks each variant meets, 60 in a second
    #[arg(long, value_name = "N", default_value = "15")]
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
    const SHOWN: &str =
        "whole jobs without a look at the clock made the ticks miss frames; all other times are told, not judged";
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

    fn cases(&self, chosen: &Chosen, _: &mut Report) -> io::Result<Vec<Case<Given>>> {
        let job = Duration::from_millis(self.job.0);
        let case = |variant: Variant, workers| {
            Case::new(variant.name, workers, Given { variant, load: Load { workers, job } })
        };
        let crowds = |variant: Variant| variant.crowds.iter().map(move |crowd| case(variant, crowd * chosen.workers));
        Ok(VARIANTS.into_iter().flat_map(crowds).collect())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Course> {
        let mut frame = |_| ControlFlow::Continue(());
        (case.given.variant.run)(Ticker::new(self.ticks.0, &mut frame), &case.given.load)
    }

    fn tell(&self, case: &Case<Given>, runs: &[Course], row: &mut Row<'_>) {
        let Given { variant, load } = &case.given;
        let late = runs[0].lateness();
        let missed = late.iter().filter(|late| **late >= PERIOD.as_nanos() as u64).count();
        row.words("workers", &case.parameter);
        row.number("missed", "%", 100.0 * missed as f64 / late.len() as f64);
        for (metric, rank) in [("p99", 99), ("worst", 100), ("median", 50)] {
            row.number(metric, "ns", percentile(&late, rank) as f64);
        }
        // What computes for a whole job without a look at the clock misses frames on any machine. All else is up to the machine.
        if variant.blocks && missed == 0 {
            row.wrong();
        }
        let is_crowd = load.workers > variant.crowds[0];
        let group = if is_crowd { format!("{}, {} workers", case.name, load.workers) } else { case.name.clone() };
        row.timeline(&group, &rows(&runs[0]));
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let typical = |name: &str| {
            let Done { case, runs } = done.iter().find(|done| done.case.name == name)?;
            Some((case.given.load.workers, shown(percentile(&runs[0].lateness(), 50) as f64, "ns")))
        };
        if let Some((workers, late)) = typical("thread") {
            let beside =
                if workers == 1 { "one computing thread".to_owned() } else { format!("{workers} computing threads") };
            report.say_of_times(format!("Beside {beside} the typical tick is {late} late."));
            if machine::usable_cpus() <= workers {
                report.say(
                    "There is no core to spare: the tick's thread shares one with a worker, in `thread` and `process` too.",
                );
            }
        }
        if let Some((_, late)) = typical("gil") {
            report.say_of_times(format!("Under a global interpreter lock it is {late} late."));
        }
        if let Some((_, late)) = typical("async-blocked") {
            report.say_of_times(format!(
                "In a runtime that a task blocks for {} ms at a time it is {late} late.",
                self.job
            ));
        }
        report.say("A tick that is later than a frame is missed: its frame is never drawn.");
        if self.ticks.0 < 100 {
            let ticks = self.ticks;
            report.say(format!("Of {ticks} ticks the 99th percentile is the worst one; --ticks 100 tells them apart."));
        }
    }
}

/// What the ticks wait for, and when each worker computes.
fn rows(course: &Course) -> Vec<(String, Vec<Event>)> {
    let mut rows = vec![("ticks".to_owned(), Event::each(State::Waits, "a tick is late", &course.ticks))];
    for (number, spans) in course.work.iter().enumerate() {
        rows.push((format!("worker {number}"), Event::each(State::Runs, "computes", spans)));
    }
    rows
}
