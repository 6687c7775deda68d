//! What the questions share: where and how often a start is measured, and a column for each value of what is varied.

use std::io;

use lab::report::thousands;
use lab::{Case, Placement, Report, Row, Whole};
use spawn_cost::{Conditions, Measured, Variant, entries, measure};

/// The flags of each question that measures.
#[derive(clap::Args)]
pub struct Flags {
    /// Where everything runs: on one core, or wherever the system puts it (free) [default: first one, then the other]
    #[arg(long, value_name = "NAME", value_parser = ["one-core", "free"])]
    placement: Option<String>,

    /// How many times each start is measured [default: 100, or fewer if a start takes long]
    #[arg(long, value_name = "N")]
    times: Option<Whole<1, 1000, usize>>,
}

impl Flags {
    /// How many times each start is measured.
    pub fn times(&self, by_default: usize) -> usize {
        self.times.map_or(by_default, |times| times.0)
    }

    /// The name and the conditions of each placement, with one start at a time. A placement that can't be had here is left out.
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

/// Tells what a case cost at each value, in a column of its own. Programs are also told how large the copied process was, which
/// explains the cost of a copy.
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
        let head = value.parse().map_or_else(|_| value.clone(), thousands);
        row.number_in(&format!("{head}{unit}"), metric, "ns", *cost);
        if case.variant == "pthread-create" && metric == "cost" {
            row.aside("cost-mean", "ns", *mean);
        }
        // The process is as large with the other placement, so this is told once.
        let is_told = case.variant == "fork-exit"
            && ["cost", "over-memory-one-core"].contains(&metric);
        if let Some(parent) = parent.filter(|_| is_told) {
            row.aside("parent-rss", "bytes", parent.rss as f64);
            row.aside("parent-page-tables", "bytes", parent.page_tables as f64);
            row.aside("parent-entries", "entries", entries(&parent) as f64);
        }
    }
}
