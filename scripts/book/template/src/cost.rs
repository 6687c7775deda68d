//! The question: what does it cost?

use std::io;

use lab::{Case, Chosen, Question, Report, Row, Whole, Workers, median, team, work};

use CRATE::{Done, VARIANTS, Variant};

/// WRITE: the question, for `--help`
#[derive(clap::Args)]
pub struct Cost {
    /// Let each worker take this many square roots
    #[arg(long, value_name = "N", default_value = "1000000")]
    roots: Whole<1000, 100_000_000>,

    /// Measure in this many rounds, and show the median
    #[arg(long, value_name = "N", default_value = "5")]
    rounds: Whole<1, 1000>,
}

impl Question for Cost {
    const SHOWN: &str = "all ways came to the same sum";
    const EXAMPLES: &str = "cargo run -p SLUG
        taskset -c 0 cargo run -p SLUG        # on one core";
    const WORKERS: Option<Workers> = Some(Workers::ANY);
    type Given = (Variant, usize);
    type Run = Done;

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    fn cases(&self, chosen: &Chosen, _: &mut Report) -> io::Result<Vec<Case<Self::Given>>> {
        Ok(VARIANTS.map(|variant| Case::new(variant.name, chosen.workers, (variant, chosen.workers))).into())
    }

    fn rounds(&self) -> u64 {
        self.rounds.0
    }

    fn run(&self, case: &Case<Self::Given>) -> io::Result<Done> {
        let (variant, workers) = case.given;
        (variant.run)(workers, self.roots.0)
    }

    fn tell(&self, _: &Case<Self::Given>, runs: &[Done], row: &mut Row<'_>) {
        let right = work::square_roots(0..self.roots.0);
        row.number("elapsed", "ns", median(runs.iter().map(|run| team::elapsed(&run.spans).as_nanos() as f64)));
        row.team(&runs[0].spans);
        if runs.iter().flat_map(|run| &run.sums).any(|sum| *sum != right) {
            row.wrong();
        }
    }
}
