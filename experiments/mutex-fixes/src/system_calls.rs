//! The question: how often do the workers call the kernel? Each variant runs in a process under strace.

use std::io;

use lab::report::thousands;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers, strace};
use mutex_fixes::{Section, VARIANTS, Variant, names_with};

/// How often does a worker call the kernel to sleep, or to wake another worker? strace counts the futex calls.
#[derive(clap::Args)]
pub struct SystemCalls {
    /// How many times each worker adds one; by channel, a tenth of that
    #[arg(long, value_name = "N", default_value = "2000")]
    increments: Whole<100, 10_000_000>,
}

/// With this section the workers meet even on one core: a worker that holds the lock offers its core to another one.
const SECTION: Section = Section::Yielding;

impl SystemCalls {
    /// How often the workers of a run call futex. The calls of the first thread don't count: it starts the workers and waits
    /// for them, which takes futex calls too.
    fn count(&self, variant: &str, workers: usize) -> io::Result<f64> {
        let (workers, times) = (
            format!("--workers={workers}"),
            format!("--increments={}", self.increments),
        );
        let section = format!("--section={}", SECTION.word());
        let words =
            ["cost", "--json", "--variant", variant, &section, &workers, &times];
        let log = strace::log(&std::env::current_exe()?, &words, "futex")?;
        Ok(log
            .calls()
            .filter(|call| !call.is_of_first && call.name == "futex")
            .count() as f64)
    }
}

impl Question for SystemCalls {
    const NAME: &str = "system-calls";
    const SHOWN: &str = "the calls were counted, or strace isn't usable here";
    const EXAMPLES: &str = "cargo run -p mutex-fixes -- system-calls
        cargo run -p mutex-fixes -- system-calls --variant mutex-threads --workers 8";
    const WORKERS: Option<Workers> = Some(Workers::ANY);
    const DRAWS: bool = false;
    const TIMES: bool = false;
    /// A variant, and the number of workers.
    type Given = (Variant, usize);
    /// The calls of one worker, and those of all.
    type Run = [f64; 2];

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn other_names() -> Vec<[&'static str; 2]> {
        names_with(SECTION).into()
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Self::Given>>> {
        if !strace::is_here(report) {
            return Ok(Vec::new());
        }
        let case =
            |variant: Variant| Case::new(variant.name, workers, (variant, workers));
        Ok(VARIANTS
            .map(|variant| case(variant).named(SECTION.name(variant.name)))
            .into())
    }

    fn run(&self, case: &Case<Self::Given>) -> io::Result<[f64; 2]> {
        Ok([self.count(case.variant, 1)?, self.count(case.variant, case.given.1)?])
    }

    fn tell(&self, case: &Case<Self::Given>, runs: &[[f64; 2]], row: &mut Row<'_>) {
        let ((variant, workers), [alone, all]) = (case.given, runs[0]);
        let times = self.increments.0 / variant.one_in();
        row.words("additions", thousands(times));
        row.at(1);
        row.number_in("1 worker", "futex-calls", "calls", alone);
        if workers > 1 {
            row.at(workers);
            let all_workers = format!("{workers} workers");
            row.number_in(&all_workers, "futex-calls", "calls", all);
        }
        row.bar(all / (workers as u64 * times) as f64);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say("“additions” is how many times each worker adds one; by channel it's a tenth of that. The columns after it count the futex calls of all workers together.");
            report.say("Taking a free lock is one instruction. A worker that still finds the lock held after a few looks calls futex to sleep, and the owner calls futex to wake it. A channel sends to one more thread, which owns the counter, so even a single worker and that owner wait for each other. A rayon pool calls futex to wake its threads.");
            report.say("strace makes every call far slower, so without strace the numbers differ.");
        }
    }
}
