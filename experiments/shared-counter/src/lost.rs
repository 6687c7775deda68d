//! The question: how many of the additions are lost?

use std::io;

use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers, team};
use shared_counter::{Count, VARIANTS, Variant};

/// Does every addition to a shared counter count?
#[derive(clap::Args)]
pub struct Lost {
    /// How many times each worker adds one; in the file, a hundredth of that
    #[arg(long, value_name = "N", default_value = "1000000")]
    increments: Whole<100, 100_000_000>,
}

/// A variant, the number of workers, and how many times each of them adds one.
pub struct Given {
    variant: Variant,
    workers: usize,
    times: u64,
}

impl Question for Lost {
    const NAME: &str = "lost";
    const SHOWN: &str =
        "every broken variant lost updates, and no other variant lost any";
    const EXAMPLES: &str = "cargo run -p shared-counter
        cargo run -p shared-counter -- --workers 8 --variant load-then-store-threads
        taskset -c 0 cargo run -p shared-counter        # on one core";
    const WORKERS: Option<Workers> = Some(Workers::ANY);
    const TIMES: bool = false;
    type Given = Given;
    type Run = Count;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let given = |variant: Variant| Given {
            variant,
            workers,
            times: self.increments.0 / variant.one_in,
        };
        Ok(VARIANTS
            .map(|variant| Case::new(variant.name, workers, given(variant)))
            .into())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Count> {
        let Given { variant, workers, times } = case.given;
        team::contending(|| (variant.count)(workers, times), |count| &count.spans)
    }

    fn tell(&self, case: &Case<Given>, runs: &[Count], row: &mut Row<'_>) {
        let Given { variant, workers, times } = case.given;
        let (added, counted) = (workers as u64 * times, runs[0].counted);
        let lost = added.saturating_sub(counted);
        row.number("added", "updates", added as f64);
        row.number("lost", "updates", lost as f64);
        row.number("share-lost", "%", 100.0 * lost as f64 / added as f64);
        row.team(&runs[0].spans);
        if counted > added || (lost > 0) != (variant.loses && workers > 1) {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        let is_alone = done.iter().any(|done| done.case.given.workers == 1);
        report.say_if_right(match is_alone {
            true => {
                "Nothing is lost: a single worker has no other worker to collide with."
            }
            false => {
                "An addition is lost if another worker comes between its load and its store. One atomic step leaves no gap, and processes that share nothing never meet."
            }
        });
    }
}
