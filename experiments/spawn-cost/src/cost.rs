//! The question: what does each way to start something cost?

use std::io;

use lab::doubt::times_as;
use lab::{Case, Chosen, Done, Question, Report, Row, Workers};
use spawn_cost::{Conditions, Measured, VARIANTS};

use crate::over::{self, Flags, Given};

/// What does it cost to start a thread or a process that does nothing, and to wait for its end?
#[derive(clap::Args)]
pub struct Cost {
    #[command(flatten)]
    flags: Flags,
}

/// How many workers a pool has, if the variant has a pool.
pub const POOL: Workers = Workers {
    least: 1,
    most: 64,
    default: Some(1),
    help: "How many workers the pools have",
};

impl Question for Cost {
    const NAME: &str = "cost";
    const SHOWN: &str = "every start was measured, and every child ended well";
    const EXAMPLES: &str = "cargo run -p spawn-cost
        cargo run -p spawn-cost -- --variant fork-exit --times 1000
        cargo run -p spawn-cost -- memory               # from a larger process
        cargo run -p spawn-cost -- at-once              # 1 to 64 started together
        cargo run -p spawn-cost -- system-calls         # counted by strace";
    const WORKERS: Option<Workers> = Some(POOL);
    const DRAWS: bool = false;
    type Given = Given;
    type Run = Vec<Measured>;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let conditions = self.flags.conditions(100, report).into_iter();
        let at: Vec<_> = conditions
            .map(|(name, on)| (name.to_owned(), Conditions { workers, ..on }))
            .collect();
        Ok(VARIANTS
            .map(|variant| Case::new(variant.name, "", (variant, at.clone())))
            .into())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Vec<Measured>> {
        over::run(case)
    }

    fn tell(&self, case: &Case<Given>, runs: &[Vec<Measured>], row: &mut Row<'_>) {
        over::tell(case, &runs[0], "cost", "", row);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        report.say("Each time is that of one start: from the call until the end of the thread or process, which does nothing.");
        for (placement, words) in
            [("one-core", "On one core"), ("free", "On any core")]
        {
            let of = |name: &str| {
                let done = done.iter().find(|done| done.case.name == name)?;
                let place = done
                    .case
                    .given
                    .1
                    .iter()
                    .position(|(value, _)| value == placement)?;
                Some(done.runs[0][place].cost)
            };
            if let (Some(thread), Some(fork), Some(spawn)) =
                (of("thread-spawn"), of("fork-exit"), of("posix-spawn"))
            {
                let [fork, spawn] =
                    [fork, spawn].map(|cost| times_as("long", cost / thread));
                report.say_of_times(format!(
                    "{words}, forking this process takes {fork} as starting a thread, and starting a tiny program with posix_spawn takes {spawn} as starting a thread."
                ));
            }
        }
    }
}
