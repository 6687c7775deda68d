//! The question: which system calls does a start take, of the starter and of the newcomer?

use std::collections::BTreeMap;
use std::io;

use lab::{Case, Chosen, Done, Question, Report, Row, strace};
use spawn_cost::{START, VARIANTS};

/// Which system calls does one start make? strace counts them.
#[derive(clap::Args)]
pub struct SystemCalls {}

/// The system calls of one start, as means over several starts.
#[derive(Default)]
pub struct Calls {
    /// The call that made the thread or process, with its important flags: `clone3 VM VFORK`. Empty if there is none.
    by: String,
    /// How often each call is made, by the starter and by the newcomer.
    made: BTreeMap<String, [f64; 2]>,
}

/// The number of starts over which the calls are counted.
const STARTS: u64 = 10;

impl Calls {
    /// The calls of this program when it starts a variant this many times, from the program's beginning to its end.
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

    /// The calls that each further start adds to these.
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
    const SHOWN: &str = "the calls were counted, or strace isn't usable here";
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

    /// The program's own beginning and end take calls too, and the first starts take more than later ones. So the program runs
    /// twice, and the second run makes more starts. Its additional calls are those of the additional starts.
    fn run(&self, case: &Case<bool>) -> io::Result<Calls> {
        Ok(Calls::of(case.variant, 1)?.each(Calls::of(case.variant, 1 + STARTS)?))
    }

    fn tell(&self, case: &Case<bool>, runs: &[Calls], row: &mut Row<'_>) {
        let Calls { by, made } = &runs[0];
        let shown = |count: f64| {
            if count > 0.0 && count < 0.5 {
                format!("{count:.1}")
            } else {
                format!("{count:.0}")
            }
        };
        row.words("started by", if by.is_empty() { "–" } else { by });
        for (of, column, metric) in [
            (0, "starter's calls", "calls"),
            (1, "newcomer's calls", "calls-of-the-new"),
        ] {
            // `sum` would make -0 of nothing.
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
                format!("{name:<17}  {by:>15}  {of:>16}\n")
            };
            row.quote(&line(
                "system call",
                ["starter's calls", "newcomer's calls"],
            ));
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
            report.say(format!("The counts are means over {STARTS} starts, rounded. VM: the newcomer begins in its starter's memory. VFORK: the starter stops until the newcomer executes a program or ends. THREAD: the newcomer is a thread of the starter's process. Without these flags the newcomer is a copy of the starter."));
        }
    }
}
