//! The question: what does one of many cost that are started together?

use std::io;

use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers};
use spawn_cost::{Conditions, Variant, variant};

use crate::over::{self, Flags, Given, Run};

/// What does each of several cost that are started before any is waited for?
#[derive(clap::Args)]
pub struct AtOnce {
    /// How many are started before any is waited for
    #[arg(long, value_name = "N,N...", value_delimiter = ',', default_value = "1,4,16,64")]
    count: Vec<Whole<1, 64, usize>>,

    #[command(flatten)]
    flags: Flags,
}

impl Question for AtOnce {
    const NAME: &str = "at-once";
    const SHOWN: &str = "everything was started and ended, and was measured";
    const EXAMPLES: &str = "cargo run -p spawn-cost -- at-once
        cargo run -p spawn-cost -- at-once --count 1,2,3 --variant pool-task --workers 4";
    const WORKERS: Option<Workers> = Some(crate::cost::POOL);
    const DRAWS: bool = false;
    type Given = Given;
    type Run = Run;

    fn variants() -> Vec<&'static str> {
        vec!["thread-spawn", "pool-task", "fork-exit", "posix-spawn"]
    }

    fn cases(&self, chosen: &Chosen, report: &mut Report) -> io::Result<Vec<Case<Given>>> {
        let wanted = Self::variants().into_iter().filter(|name| chosen.wants(name));
        let variants: Vec<(Variant, usize)> = wanted.map(|name| (variant(name), self.flags.times(30))).collect();
        let cases = self.flags.placements(report).into_iter().flat_map(|(name, placement)| {
            let at = |count: &Whole<1, 64, usize>| Conditions {
                at_once: count.0,
                workers: chosen.workers,
                ..Conditions::on(placement.clone())
            };
            over::cases(&variants, name, self.count.iter().map(|count| (count.to_string(), at(count))))
        });
        Ok(cases.collect())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Run> {
        over::run(case)
    }

    fn tell(&self, case: &Case<Given>, runs: &[Run], row: &mut Row<'_>) {
        row.words("placement", &case.parameter);
        over::tell(case, &runs[0], &format!("at-once-{}", case.parameter), " at once", row);
    }

    fn conclude(&self, _: &[Done<Self>], report: &mut Report) {
        report.say("The time of all, divided by how many were started before any was waited for.");
    }
}
