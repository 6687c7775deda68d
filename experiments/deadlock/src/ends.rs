//! The question: how does each variant end, and which worker waits for which?

use std::io;
use std::time::Duration;

use deadlock::watch::{Ending, Scene};
use deadlock::{COLLISIONS, Ends, Team, VARIANTS, Variant};
use lab::report::thousands;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers};

/// A variant that deadlocks makes only one run for each 50 that are asked for, since each run takes processes of its own.
const ONE_IN: u64 = 50;

/// Which workers wait for each other in a circle, and which repairs prevent that?
#[derive(clap::Args)]
pub struct HowItEnds {
    /// How many philosophers sit at the table, in `philosophers` and in its repairs
    #[arg(long, value_name = "N", default_value = "5")]
    philosophers: Whole<2, 128, usize>,

    /// How many times each repair runs; in the first 100 runs its workers yield between their locks. A variant that deadlocks
    /// makes a fiftieth of these runs, but at least one
    #[arg(long, value_name = "N", default_value = "1000")]
    runs: Whole<1, 1_000_000>,

    /// How many microseconds a worker computes before it takes a lock, and while it holds one
    #[arg(long, value_name = "MICROSECONDS", default_value = "0")]
    pace: Whole<0, 1_000_000>,

    /// Exit with code 0 only if every variant ends in this way [default: broken variants deadlock, repairs finish]
    #[arg(long, value_name = "END", value_parser = ["deadlock", "finish"])]
    expect: Option<String>,

    /// Show gdb's backtraces of the first deadlock of each variant
    #[arg(long)]
    backtrace: bool,

    /// How many seconds to keep the first deadlock of each variant, for a look with other tools
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    keep_hung: Whole<0, 3600>,
}

/// A variant, how often it runs, and what to look at in the first run.
pub struct Given {
    variant: Variant,
    times: u64,
    scene: Scene,
}

impl Question for HowItEnds {
    const NAME: &str = "ends";
    const SHOWN: &str =
        "broken variants deadlocked and repairs finished, or as --expect says";
    const EXAMPLES: &str = "cargo run -p deadlock
        cargo run -p deadlock -- --variant philosophers --philosophers 12
        cargo run -p deadlock -- --variant opposite-order-threads --backtrace
        cargo run -p deadlock -- --variant one-order --expect finish
        cargo run -p deadlock -- chances          # deadlocks by chance
        taskset -c 0 cargo run -p deadlock        # on one core";
    const WORKERS: Option<Workers> = Some(Workers {
        help: "How many threads need the same lock in `same-lock`",
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

    /// Runs a variant as often as it is to run. In the first run, workers that hang are looked at closely.
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
            let found = match deadlock.links.len() {
                1 => format!(
                    "The parent found this {after:.1} ms after the wait began."
                ),
                _ => format!(
                    "The parent found this circle {after:.1} ms after it had closed."
                ),
            };
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
                "{}: both threads gave way to each other {times} times in a row, and then gave up. This is a livelock.",
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
                "A circle of waits never ends by itself. The repairs kept every circle from closing, and finished all their runs.",
            );
        }
    }
}
