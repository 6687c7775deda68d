//! The question: what does each repair cost?

use std::io;

use lab::quantity::Quantity;
use lab::report::thousands;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers, team};
use mutex_fixes::{Count, Section, VARIANTS, Variant, names_with};

/// Workers add one to a shared counter, and every addition counts: what does each repair cost?
#[derive(clap::Args)]
pub struct Cost {
    /// How many times each worker adds one; by channel, a tenth of that [default: 300,000; 50,000 if the section is long, 5,000
    /// if it is yielding]
    #[arg(long, value_name = "N")]
    increments: Option<Whole<100, 10_000_000>>,

    /// What else a worker does at each addition, inside the lock if there is one
    #[arg(long, value_enum, default_value_t)]
    section: Section,
}

/// A variant, the number of workers, and how many times each of them adds one.
pub struct Given {
    variant: Variant,
    workers: usize,
    times: u64,
}

impl Question for Cost {
    const NAME: &str = "cost";
    const SHOWN: &str = "every repair counted every addition";
    const EXAMPLES: &str = "cargo run -p mutex-fixes
        cargo run -p mutex-fixes -- --section long --workers 8
        cargo run -p mutex-fixes -- turns               # how a lock changes hands
        cargo run -p mutex-fixes -- system-calls        # counted by strace
        cargo run -p mutex-fixes -- poisoning           # when the owner fails
        taskset -c 0 cargo run -p mutex-fixes           # on one core";
    const WORKERS: Option<Workers> = Some(Workers::ANY);
    type Given = Given;
    type Run = Count;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn other_names() -> Vec<[&'static str; 2]> {
        [Section::Long, Section::Yielding]
            .into_iter()
            .flat_map(names_with)
            .collect()
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let by_default = match self.section {
            Section::Short => 300_000,
            Section::Long => 50_000,
            Section::Yielding => 5_000,
        };
        let increments =
            self.increments.map_or(by_default, |increments| increments.0);
        let given = |variant: Variant| Given {
            variant,
            workers,
            times: increments / variant.one_in(),
        };
        let case =
            |variant: Variant| Case::new(variant.name, workers, given(variant));
        Ok(VARIANTS
            .map(|variant| case(variant).named(self.section.name(variant.name)))
            .into())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Count> {
        let Given { variant, workers, times } = case.given;
        team::contending(
            || (variant.count)(workers, times, self.section),
            |count| &count.spans,
        )
    }

    fn tell(&self, case: &Case<Given>, runs: &[Count], row: &mut Row<'_>) {
        let (count, added) =
            (&runs[0], case.given.workers as u64 * case.given.times);
        row.words("counted", thousands(count.counted));
        row.number("lost", "updates", added.abs_diff(count.counted) as f64);
        row.words(
            "took",
            Quantity {
                value: team::elapsed(&count.spans).as_nanos() as f64,
                unit: "ns",
            }
            .to_string(),
        );
        row.team(&count.spans);
        if count.counted != added {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        report.say_if_right("Every repair counted every addition.");
        let has_fewer = |done: &Done<Self>| done.case.given.variant.one_in() > 1;
        if done.iter().any(has_fewer) && done.len() > 1 {
            report.say("The channel makes a tenth of the additions, because each of them is a message. So compare its time with a tenth of what another repair took.");
        }
    }
}
