//! The question: which system calls does a start take, by the process that starts and by what is started?

use std::collections::BTreeMap;
use std::io;

use lab::{Case, Chosen, Done, Question, Report, Row, strace};
use spawn_cost::{START, VARIANTS};

/// Which system calls does one start take? strace counts them.
#[derive(clap::Args)]
pub struct SystemCalls {}

/// The system calls of one start. Those that differ from start to start are a mean.
#[derive(Default)]
pub struct Calls {
    /// The one that made the thread or process, with what matters of its flags: `clone3 VM VFORK`. Empty if there is none.
    by: String,
    /// How often each is made, by the one that starts and by what is started.
    made: BTreeMap<String, [f64; 2]>,
}

/// Over so many starts the calls are counted.
const STARTS: u64 = 10;

impl Calls {
    /// Those of this program when it starts a variant so many times, from its beginning to its end.
    fn of(variant: &str, times: u64) -> io::Result<Self> {
        let log = strace::log(
            &std::env::current_exe()?,
            &[START, variant, &times.to_string()],
            "all",
        )?;
        let mut calls = Self::default();
        for call in log.calls() {
            calls.made.entry(call.name.to_owned()).or_default()
                [usize::from(!call.is_of_first)] += 1.0;
            if call.is_of_first
                && ["clone", "clone3", "fork", "vfork"].contains(&call.name)
            {
                let words = call
                    .arguments
                    .split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
                let is_set = |flag: &&str| {
                    words
                        .clone()
                        .any(|word| word.strip_prefix("CLONE_") == Some(*flag))
                };
                let flags = ["VM", "VFORK", "THREAD"].into_iter().filter(is_set);
                calls.by = [call.name]
                    .into_iter()
                    .chain(flags)
                    .collect::<Vec<_>>()
                    .join(" ");
            }
        }
        Ok(calls)
    }

    /// What each further start adds to these.
    fn each(&self, more: Self) -> Self {
        let added = |(name, counts): (String, [f64; 2])| {
            let few = self.made.get(&name).copied().unwrap_or_default();
            let added =
                [0, 1].map(|of| (counts[of] - few[of]).max(0.0) / STARTS as f64);
            (added != [0.0; 2]).then_some((name, added))
        };
        let made: BTreeMap<_, _> =
            more.made.into_iter().filter_map(added).collect();
        let is_start =
            more.by.split(' ').next().is_some_and(|name| made.contains_key(name));
        Self { by: if is_start { more.by } else { String::new() }, made }
    }
}

impl Question for SystemCalls {
    const NAME: &str = "system-calls";
    const SHOWN: &str =
        "the calls were counted, or there is no strace that may count them";
    const EXAMPLES: &str = "cargo run -p spawn-cost -- system-calls
        cargo run -p spawn-cost -- system-calls --variant thread-spawn   # each call";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    /// Whether each call is listed.
    type Given = bool;
    type Run = Calls;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<bool>>> {
        if !strace::is_here(report) {
            return Ok(Vec::new());
        }
        Ok(VARIANTS
            .map(|variant| Case::new(variant.name, 1, chosen.variant.is_some()))
            .into())
    }

    /// The program's own beginning and end take calls too, and so do the first starts. So it runs twice, and what the second
    /// run has more is what its further starts took.
    fn run(&self, case: &Case<bool>) -> io::Result<Calls> {
        Ok(Calls::of(case.variant, 1)?.each(Calls::of(case.variant, 1 + STARTS)?))
    }

    fn tell(&self, case: &Case<bool>, runs: &[Calls], row: &mut Row<'_>) {
        let Calls { by, made } = &runs[0];
        let shown = |count: f64| {
            if count.fract() == 0.0 {
                count.to_string()
            } else {
                format!("{count:.1}")
            }
        };
        row.words("by", if by.is_empty() { "–" } else { by });
        for (of, column, metric) in
            [(0, "calls", "calls"), (1, "of the new one", "calls-of-the-new")]
        {
            // `sum` makes -0 of nothing.
            let sum = made.values().fold(0.0, |sum, counts| sum + counts[of]);
            row.words(column, shown(sum));
            row.aside(metric, "calls", sum);
        }
        row.aside(
            "shares-memory",
            "of 1",
            f64::from(u8::from(by.split(' ').any(|flag| flag == "VM"))),
        );
        if case.given {
            let line = |name: &str, [by, of]: [&str; 2]| {
                format!("{name:<17}  {by:>11}  {of:>15}\n")
            };
            row.quote(&line("system call", ["the starter", "what is started"]));
            for (name, counts) in made {
                let cells = counts.map(|count| {
                    if count == 0.0 { "–".to_owned() } else { shown(count) }
                });
                row.quote(&line(name, cells.each_ref().map(String::as_str)));
            }
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say("VM: it begins in the memory of the one that starts it. VFORK: that one stops until it executes a program or ends. THREAD: it is a thread of the same process. With none of them it is a copy.");
        }
    }
}
