//! The question: how does each variant end, and who waits for whom?

use std::io;
use std::time::Duration;

use deadlock::watch::{Ending, Scene};
use deadlock::{COLLISIONS, Ends, Team, VARIANTS, Variant};
use lab::report::thousands;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers};

/// Of so many runs that are asked for, a variant that deadlocks makes one: each takes processes of its own.
const ONE_IN: u64 = 50;

/// Who holds what, who waits for what, and what prevents that nobody goes on?
#[derive(clap::Args)]
pub struct HowItEnds {
    /// How many philosophers sit at the table, in `philosophers` and in its repairs
    #[arg(long, value_name = "N", default_value = "5")]
    philosophers: Whole<2, 128, usize>,

    /// How often each repair runs, letting the others come between in the first 100; a variant that deadlocks runs once for
    /// every 50 of them, and at least once
    #[arg(long, value_name = "N", default_value = "1000")]
    runs: Whole<1, 1_000_000>,

    /// How long a worker computes before it takes a lock and while it holds one, in microseconds
    #[arg(long, value_name = "MICROSECONDS", default_value = "0")]
    pace: Whole<0, 1_000_000>,

    /// How each variant has to end for exit code 0; by default, each as it is there to
    #[arg(long, value_name = "END", value_parser = ["deadlock", "finish"])]
    expect: Option<String>,

    /// Show what gdb says about the first deadlock of each variant
    #[arg(long)]
    backtrace: bool,

    /// Keep the first deadlock of each variant for a while, to be looked at with other tools
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    keep_hung: Whole<0, 3600>,
}

/// A variant, how often it runs, and what to look at the first time.
pub struct Given {
    variant: Variant,
    times: u64,
    scene: Scene,
}

impl Question for HowItEnds {
    const NAME: &str = "ends";
    const SHOWN: &str =
        "each variant ended as it is to end: deadlocked, if it is there to deadlock; finished, if it is a repair
     (with --expect, that one end is right for all)";
    const EXAMPLES: &str = "cargo run -p deadlock
        cargo run -p deadlock -- --variant philosophers --philosophers 12
        cargo run -p deadlock -- --variant opposite-order-threads --backtrace
        cargo run -p deadlock -- --variant one-order --expect finish
        cargo run -p deadlock -- chances          # nobody arranges that they meet
        taskset -c 0 cargo run -p deadlock        # on one core";
    const WORKERS: Option<Workers> = Some(Workers {
        help: "How many threads need the same lock, in `same-lock`",
        ..Workers::ANY
    });
    const TIMES: bool = false;
    type Given = Given;
    /// All runs of a variant.
    type Run = Vec<Ending>;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let scene = Scene {
            philosophers: self.philosophers.0,
            workers: chosen.workers,
            runs: self.runs.0,
            pace: Duration::from_micros(self.pace.0),
            look_closely: true,
            backtrace: self.backtrace,
            keep: Duration::from_secs(self.keep_hung.0),
            ..Scene::PLAIN
        };
        let case = |variant: Variant| {
            let team = match variant.team {
                Team::Of(workers) => workers,
                Team::Philosophers => scene.philosophers,
                Team::Workers => scene.workers,
            };
            let times = if variant.ends == Ends::Deadlocked {
                (self.runs.0 / ONE_IN).max(1)
            } else {
                1
            };
            Case::new(
                variant.name,
                team,
                Given { variant, times, scene: scene.clone() },
            )
        };
        Ok(VARIANTS.map(case).into())
    }

    /// Runs a variant as often as is asked for; the first time, those that hang are looked at closely.
    fn run(&self, case: &Case<Given>) -> io::Result<Vec<Ending>> {
        let Given { variant, times, scene } = &case.given;
        let later = Scene {
            look_closely: false,
            backtrace: false,
            keep: Duration::ZERO,
            ..scene.clone()
        };
        (0..*times)
            .map(|time| (variant.run)(if time == 0 { scene } else { &later }))
            .collect()
    }

    fn tell(&self, case: &Case<Given>, runs: &[Vec<Ending>], row: &mut Row<'_>) {
        let (variant, endings) = (&case.given.variant, &runs[0]);
        let first = &endings[0];
        let deadlocked =
            endings.iter().filter(|ending| ending.deadlock.is_some()).count()
                as u64;
        let all = if variant.ends == Ends::Finished && deadlocked == 0 {
            self.runs.0
        } else {
            endings.len() as u64
        };
        let gave_up = first.deadlock.is_none()
            && variant.ends == Ends::GivenUp
            && first.counted == 2 * COLLISIONS;
        let finished = if gave_up { 0 } else { all - deadlocked };
        row.number("runs", "runs", all as f64);
        row.number("finished", "runs", finished as f64);
        row.number("deadlocked", "runs", deadlocked as f64);
        row.aside("share-deadlocked", "%", 100.0 * deadlocked as f64 / all as f64);
        row.bar(deadlocked as f64 / all as f64);
        if let Some(deadlock) = &first.deadlock {
            row.aside("cycle", "members", deadlock.links.len() as f64);
            let longest = endings
                .iter()
                .filter_map(|ending| Some(ending.deadlock.as_ref()?.after))
                .max();
            row.aside(
                "reported-after",
                "ns",
                longest.unwrap_or_default().as_nanos() as f64,
            );
            let after = deadlock.after.as_secs_f64() * 1e3;
            let found = format!(
                "Found {after:.1} ms after the last of them began to wait."
            );
            row.say(format!(
                "{}: {}. {found} {}",
                variant.name, deadlock.cycle, deadlock.kernel
            ));
            row.quote(&deadlock.backtrace);
        }
        row.aside(
            "grown",
            "bytes",
            first.grown.map_or(f64::NAN, |grown| grown as f64),
        );
        if let Some((metric, unit, each)) = variant.counts {
            row.aside(metric, unit, first.counted as f64 / each);
        }
        row.timeline(variant.name, &first.timeline);
        if gave_up {
            let times = thousands(first.counted / 2);
            row.say(format!(
                "{}: both gave way to each other {times} times, then gave up.",
                variant.name
            ));
        }
        let is_right = match (self.expect.as_deref(), variant.ends) {
            (Some("deadlock"), _) | (None, Ends::Deadlocked) => deadlocked == all,
            (Some(_), _) | (None, Ends::Finished) => finished == all,
            (None, Ends::GivenUp) => gave_up,
        };
        if !is_right {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let is_there =
            |ends| done.iter().any(|done| done.case.given.variant.ends == ends);
        if is_there(Ends::Deadlocked) && is_there(Ends::Finished) {
            report.say_if_right(
                "A circle of waits never ends by itself; a repair keeps it from closing, and finishes every time.",
            );
        }
    }
}
