//! The question: what does a start cost, if several are started together?

use std::io;

use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers};
use spawn_cost::{Conditions, Measured, variant};

use crate::over::{self, Flags, Given};

/// Several threads or processes are started before any is waited for. What does each of them cost?
#[derive(clap::Args)]
pub struct AtOnce {
    /// How many threads or processes to start before any is waited for
    #[arg(
        long,
        value_name = "N,N...",
        value_delimiter = ',',
        default_value = "1,4,16,64"
    )]
    count: Vec<Whole<1, 64, usize>>,

    #[command(flatten)]
    flags: Flags,
}

const VARIANTS: [&str; 4] =
    ["thread-spawn", "pool-task", "fork-exit", "posix-spawn"];

impl Question for AtOnce {
    const NAME: &str = "at-once";
    const SHOWN: &str = "every start was measured, and every child ended well";
    const EXAMPLES: &str = "cargo run -p spawn-cost -- at-once
        cargo run -p spawn-cost -- at-once --count 1,2,3 --variant pool-task --workers 4";
    const WORKERS: Option<Workers> = Some(crate::cost::POOL);
    const DRAWS: bool = false;
    type Given = Given;
    type Run = Vec<Measured>;

    fn variants() -> Vec<&'static str> {
        VARIANTS.into()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let mut cases = Vec::new();
        for (place, on) in self.flags.conditions(30, report) {
            let on = Conditions { workers: chosen.workers, ..on };
            let at = |at_once: usize| {
                (at_once.to_string(), Conditions { at_once, ..on.clone() })
            };
            let at: Vec<_> = self.count.iter().map(|count| at(count.0)).collect();
            cases.extend(
                VARIANTS.map(|name| {
                    Case::new(name, place, (variant(name), at.clone()))
                }),
            );
        }
        Ok(cases)
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Vec<Measured>> {
        over::run(case)
    }

    fn tell(&self, case: &Case<Given>, runs: &[Vec<Measured>], row: &mut Row<'_>) {
        row.words("placement", &case.parameter);
        over::tell(
            case,
            &runs[0],
            &format!("at-once-{}", case.parameter),
            " at once",
            row,
        );
    }

    fn conclude(&self, _: &[Done<Self>], report: &mut Report) {
        report.say(
            "Each time is that of all starts together, divided by their number.",
        );
    }
}
