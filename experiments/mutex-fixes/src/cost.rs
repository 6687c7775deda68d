//! The question: how long do the workers wait for each other, when every addition counts?

use std::io;

use lab::report::thousands;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers};
use mutex_fixes::waiting::Waited;
use mutex_fixes::{Count, Section, VARIANTS, Variant};

/// Workers add one to a shared counter, and every addition counts: what does each repair cost?
#[derive(clap::Args)]
pub struct Cost {
    /// How often each worker adds one (by channel: a tenth as often); by default 300,000 times, and less often with a section
    /// that takes longer
    #[arg(long, value_name = "N")]
    increments: Option<Whole<100, 10_000_000>>,

    /// What a worker does at each addition, inside the lock if there is one
    #[arg(long, value_enum, default_value_t)]
    section: Section,

    /// Count, and watch nobody wait: what is run under strace
    #[arg(long, hide = true)]
    unwatched: bool,
}

/// A variant, by so many workers, each of which adds one so many times.
pub struct Given {
    variant: Variant,
    workers: usize,
    times: u64,
}

impl Given {
    fn is_right(&self, (count, waited): &(Count, Option<Waited>)) -> bool {
        let added = self.workers as u64 * self.times;
        count.counted == added && waited.is_none_or(|waited| waited.counted == added)
    }
}

impl Question for Cost {
    const NAME: &str = "cost";
    const SHOWN: &str = "every repair counted every addition";
    const EXAMPLES: &str = "cargo run -p mutex-fixes
        cargo run -p mutex-fixes -- --section long --workers 8
        cargo run -p mutex-fixes -- system-calls        # counted by strace
        cargo run -p mutex-fixes -- poisoning           # of a lock whose owner ends
        taskset -c 0 cargo run -p mutex-fixes           # on one core";
    const WORKERS: Option<Workers> = Some(Workers::ANY);
    type Given = Given;
    type Run = (Count, Option<Waited>);

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(&self, &Chosen { workers, .. }: &Chosen, _: &mut Report) -> io::Result<Vec<Case<Given>>> {
        let by_default = match self.section {
            Section::Short => 300_000,
            Section::Long => 50_000,
            Section::Yielding => 5_000,
        };
        let increments = self.increments.map_or(by_default, |increments| increments.0);
        let given = |variant: Variant| Given { variant, workers, times: increments / variant.one_in() };
        let case = |variant: Variant| Case::new(variant.name, workers, given(variant));
        Ok(VARIANTS.map(|variant| case(variant).named(self.section.name(variant.name))).into())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Self::Run> {
        let Given { variant, workers, times } = case.given;
        let count = (variant.count)(workers, times, self.section)?;
        let watch = variant.watch.filter(|_| !self.unwatched);
        Ok((count, watch.map(|watch| watch(workers, times, self.section)).transpose()?))
    }

    fn tell(&self, case: &Case<Given>, runs: &[Self::Run], row: &mut Row<'_>) {
        let (count, waited) = &runs[0];
        row.words("counted", thousands(count.counted));
        row.number("lost", "updates", (case.given.workers as u64 * case.given.times).abs_diff(count.counted) as f64);
        if let Some(waited) = waited {
            row.number_in("slept", "sleeps", "sleeps", waited.sleeps.map_or(f64::NAN, |sleeps| sleeps as f64));
            row.number_in("waited", "share-waited", "%", 100.0 * waited.share);
        }
        row.team(&count.spans);
        if !case.given.is_right(&runs[0]) {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let is_alone = done.iter().all(|done| done.case.given.workers == 1);
        report.say_if_right(match is_alone {
            true => "Every repair counted every addition. One worker waits for nobody.",
            false => "Every repair counted every addition. A worker that can't have a lock at once waits for it, and may have to sleep.",
        });
        if done.iter().any(|done| done.case.given.variant.watch.is_none()) {
            report.say(
                "Without a waiting time there is no lock to wait for: such a worker may wait for a cache line, and no clock tells how long.",
            );
        }
    }
}
