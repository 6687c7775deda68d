//! The question: which system calls does a start take, by the process that starts and by what is started?

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use lab::{Case, Chosen, Done, Question, Report, Row, strace};
use spawn_cost::{START, VARIANTS};

/// Which system calls does one start take? strace counts them.
#[derive(clap::Args)]
pub struct SystemCalls {}

/// How often each call is made, by name.
type Counts = BTreeMap<String, f64>;

/// The system calls of one start. Those that differ from start to start are a mean.
#[derive(Default)]
pub struct Calls {
    /// The one that made the thread or process, with what matters of its flags: `clone3 VM VFORK`. Empty if there is none.
    by: String,
    starter: Counts,
    started: Counts,
}

/// Over so many starts the calls are counted.
const STARTS: u64 = 10;

impl Calls {
    /// Those of this program when it starts a variant so many times, from its beginning to its end.
    fn of(variant: &str, times: u64) -> io::Result<Self> {
        let log = strace::log(&std::env::current_exe()?, &[START, variant, &times.to_string()], "all")?;
        let mut calls = Self::default();
        for call in log.calls() {
            let counts = if call.is_of_first { &mut calls.starter } else { &mut calls.started };
            *counts.entry(call.name.to_owned()).or_default() += 1.0;
            if call.is_of_first && ["clone", "clone3", "fork", "vfork"].contains(&call.name) {
                let words = call.arguments.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
                let is_set = |flag: &&str| words.clone().any(|word| word.strip_prefix("CLONE_") == Some(*flag));
                let flags = ["VM", "VFORK", "THREAD"].into_iter().filter(is_set);
                calls.by = [call.name].into_iter().chain(flags).collect::<Vec<_>>().join(" ");
            }
        }
        Ok(calls)
    }

    /// What each further start adds to these.
    fn each(self, more: Self) -> Self {
        let added = |few: &Counts, more: Counts| -> Counts {
            let each = |(name, count): (String, f64)| {
                let added = (count - few.get(&name).copied().unwrap_or(0.0)) / STARTS as f64;
                (added > 0.0).then_some((name, added))
            };
            more.into_iter().filter_map(each).collect()
        };
        let starter = added(&self.starter, more.starter);
        let is_start = more.by.split(' ').next().is_some_and(|name| starter.contains_key(name));
        let by = if is_start { more.by } else { String::new() };
        Self { by, starter, started: added(&self.started, more.started) }
    }
}

impl Question for SystemCalls {
    const NAME: &str = "system-calls";
    const SHOWN: &str = "the calls were counted, or there is no strace that may count them";
    const EXAMPLES: &str = "cargo run -p spawn-cost -- system-calls
        cargo run -p spawn-cost -- system-calls --variant thread-spawn   # each call";
    const DRAWS: bool = false;
    /// Whether each call is listed.
    type Given = bool;
    type Run = Calls;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(&self, chosen: &Chosen, report: &mut Report) -> io::Result<Vec<Case<bool>>> {
        if !strace::is_here(report) {
            return Ok(Vec::new());
        }
        Ok(VARIANTS.map(|variant| Case::new(variant.name, 1, chosen.variant.is_some())).into())
    }

    /// The program's own beginning and end take calls too, and so do the first starts. So it runs twice, and what the second
    /// run has more is what its further starts took.
    fn run(&self, case: &Case<bool>) -> io::Result<Calls> {
        Ok(Calls::of(case.variant, 1)?.each(Calls::of(case.variant, 1 + STARTS)?))
    }

    fn tell(&self, case: &Case<bool>, runs: &[Calls], row: &mut Row<'_>) {
        let Calls { by, starter, started } = &runs[0];
        row.words("by", if by.is_empty() { "–" } else { by });
        for (column, metric, counts) in [("calls", "calls", starter), ("of the new one", "calls-of-the-new", started)] {
            let sum = counts.values().sum();
            row.words(column, shown(sum));
            row.aside(metric, "calls", sum);
        }
        row.aside("shares-memory", "of 1", f64::from(u8::from(by.split(' ').any(|flag| flag == "VM"))));
        if case.given {
            row.quote(&line("system call", "who starts", "what is started"));
            let names: BTreeSet<&String> = starter.keys().chain(started.keys()).collect();
            for name in names {
                let cell = |counts: &Counts| counts.get(name).map_or_else(|| "–".to_owned(), |count| shown(*count));
                row.quote(&line(name, &cell(starter), &cell(started)));
            }
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say("VM: it begins in the memory of the one that starts it. VFORK: that one stops until it executes a program or ends. THREAD: it is a thread of the same process. With none of them it is a copy.");
        }
    }
}

fn shown(count: f64) -> String {
    if count.fract() == 0.0 { count.to_string() } else { format!("{count:.1}") }
}

fn line(name: &str, starter: &str, started: &str) -> String {
    format!("{name:<17}  {starter:>10}  {started:>15}\n")
}
