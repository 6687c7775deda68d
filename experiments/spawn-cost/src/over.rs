//! What the questions share: where and how often a start is measured, and its cost over what it depends on.

use std::io;

use lab::{Case, Placement, Report, Row, Whole};
use spawn_cost::{Conditions, Measured, Variant, entries, measure};

/// The flags of each question that measures.
#[derive(clap::Args)]
pub struct Flags {
    /// Where it runs: all on one core, or wherever the system puts it; by default both
    #[arg(long, value_name = "NAME", value_parser = ["one-core", "free"])]
    placement: Option<String>,

    /// How often each is started; by default 100 times, and less often where each takes longer
    #[arg(long, value_name = "N")]
    times: Option<Whole<1, 1000, usize>>,
}

impl Flags {
    /// How often each is started.
    pub fn times(&self, by_default: usize) -> usize {
        self.times.map_or(by_default, |times| times.0)
    }

    /// One at a time, so often, at each placement, with its name. A placement that can't be had here is left out.
    pub fn conditions(
        &self,
        by_default: usize,
        report: &mut Report,
    ) -> Vec<(&'static str, Conditions)> {
        let times = self.times(by_default);
        let chosen = ["one-core", "free"].into_iter().filter(|name| {
            self.placement.as_deref().is_none_or(|only| only == *name)
        });
        let had = chosen.filter_map(|name| {
            let placement = Placement::named(name)
                .map_err(|error| report.left_out(name, error));
            Some((name, Conditions { times, ..Conditions::on(placement.ok()?) }))
        });
        had.collect()
    }
}

/// A variant, and the conditions at each value of what is varied.
pub type Given = (Variant, Vec<(String, Conditions)>);

/// Measures a case at each value.
pub fn run(case: &Case<Given>) -> io::Result<Vec<Measured>> {
    let (variant, values) = &case.given;
    values.iter().map(|(_, conditions)| measure(*variant, conditions)).collect()
}

/// Tells what a case cost at each value, in a column of its own; and programs, how large the process was that was copied, which
/// says why a copy costs what it does.
pub fn tell(
    case: &Case<Given>,
    run: &[Measured],
    metric: &str,
    unit: &str,
    row: &mut Row<'_>,
) {
    for ((value, _), Measured { cost, mean, parent }) in
        case.given.1.iter().zip(run)
    {
        row.at(value);
        row.number_in(&format!("{value}{unit}"), metric, "ns", *cost);
        if case.variant == "pthread-create" && metric == "cost" {
            row.aside("cost-mean", "ns", *mean);
        }
        // The process with that memory is as large wherever it runs, so this is told once.
        let is_told = case.variant == "fork-exit"
            && ["cost", "over-memory-one-core"].contains(&metric);
        if let Some(parent) = parent.filter(|_| is_told) {
            row.aside("parent-rss", "bytes", parent.rss as f64);
            row.aside("parent-page-tables", "bytes", parent.page_tables as f64);
            row.aside("parent-entries", "entries", entries(&parent) as f64);
        }
    }
}
