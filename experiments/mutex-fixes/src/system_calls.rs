//! The question: how often does a lock call the kernel? Each variant runs in a process under strace.

use std::io;

use lab::report::thousands;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers, strace};
use mutex_fixes::{Section, VARIANTS, Variant};

/// How often do the workers call the kernel for a lock? strace counts their calls of futex.
#[derive(clap::Args)]
pub struct SystemCalls {
    /// How often each worker adds one (by channel: a tenth as often)
    #[arg(long, value_name = "N", default_value = "2000")]
    increments: Whole<100, 10_000_000>,
}

/// In this one the workers meet, on one core too: whoever holds the lock gives its core to another one.
const SECTION: Section = Section::Yielding;

impl SystemCalls {
    /// How often the workers of a run call futex. The first thread is none of them: it starts them and waits for them, which
    /// takes futex calls too.
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
    const SHOWN: &str =
        "the calls were counted, or there is no strace that may count them";
    const EXAMPLES: &str = "cargo run -p mutex-fixes -- system-calls
        cargo run -p mutex-fixes -- system-calls --variant mutex-threads --workers 8";
    const WORKERS: Option<Workers> = Some(Workers::ANY);
    const DRAWS: bool = false;
    const TIMES: bool = false;
    /// A variant, and how many workers.
    type Given = (Variant, usize);
    /// The calls of one worker, and those of all.
    type Run = [f64; 2];

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
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
        row.words("each adds", thousands(times));
        row.at(1);
        row.number_in("one worker calls", "futex-calls", "calls", alone);
        if workers > 1 {
            row.at(workers);
            row.number_in("all call", "futex-calls", "calls", all);
        }
        row.bar(all / (workers as u64 * times) as f64);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say("A free lock is taken in one instruction. A worker that finds it taken calls futex to sleep, and the one that unlocks it calls futex to wake a sleeper.");
            report.say("A channel's sender and owner are two threads, so they wait for each other with one worker too. A pool wakes its threads.");
            report.say("Under strace every call takes far longer; without it the numbers are others.");
        }
    }
}
