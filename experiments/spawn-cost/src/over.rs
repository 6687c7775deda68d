//! What the questions share: where and how often a start is measured, and variants side by side over what a start depends on.

use std::cell::OnceCell;
use std::io;
use std::rc::Rc;

use lab::memory::Footprint;
use lab::{Case, Placement, Report, Row, Whole};
use spawn_cost::{Conditions, Series, Variant, entries, measure};

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

    /// The placements to measure on, with their names. One that can't be had here is left out.
    pub fn placements(&self, report: &mut Report) -> Vec<(&'static str, Placement)> {
        let chosen =
            ["one-core", "free"].into_iter().filter(|name| self.placement.as_deref().is_none_or(|only| only == *name));
        let had = chosen.filter_map(|name| {
            let placement = Placement::named(name).map_err(|error| report.left_out(name, error));
            Some((name, placement.ok()?))
        });
        had.collect()
    }
}

/// Variants that are measured in one process, one after the other, so that the memory which they start from is touched once.
pub struct Together {
    variants: Vec<(Variant, usize)>,
    conditions: Conditions,
    measured: OnceCell<Result<Series, String>>,
}

/// At each value of what is varied, along with which others a variant is measured.
pub type Given = Vec<(String, Rc<Together>)>;

/// At each value, what a start cost, and how large the process was that started it.
pub type Run = Vec<(f64, Option<Footprint>)>;

/// A case for each of these variants, which are started so often, under these conditions.
pub fn cases(
    variants: &[(Variant, usize)],
    parameter: &str,
    conditions: impl IntoIterator<Item = (String, Conditions)>,
) -> Vec<Case<Given>> {
    let together = |conditions| Together { variants: variants.to_vec(), conditions, measured: OnceCell::new() };
    let given: Given = conditions.into_iter().map(|(value, at)| (value, Rc::new(together(at)))).collect();
    variants.iter().map(|(variant, _)| Case::new(variant.name, parameter, given.clone())).collect()
}

/// Measures a case at each value.
pub fn run(case: &Case<Given>) -> io::Result<Run> {
    let at = |(_, together): &(String, Rc<Together>)| {
        let Together { variants, conditions, measured } = &**together;
        let measured = measured.get_or_init(|| measure(variants, conditions).map_err(|error| error.to_string()));
        let series = measured.as_ref().map_err(|why| io::Error::other(why.clone()))?;
        let place = variants.iter().position(|(variant, _)| variant.name == case.variant).expect("it is among them");
        Ok((series.costs[place].clone().map_err(io::Error::other)?, series.parent))
    };
    case.given.iter().map(at).collect()
}

/// Tells what a case cost at each value, in a column of its own; and programs, how large the process was that was copied, which
/// says why a copy costs what it does.
pub fn tell(case: &Case<Given>, run: &Run, metric: &str, unit: &str, row: &mut Row<'_>) {
    for ((value, _), (cost, parent)) in case.given.iter().zip(run) {
        row.at(value);
        row.number_in(&format!("{value}{unit}"), metric, "ns", *cost);
        // The process with that memory is as large wherever it runs, so this is told once.
        let is_told = case.variant == "fork-exit" && ["cost", "over-memory-one-core"].contains(&metric);
        if let Some(parent) = parent.filter(|_| is_told) {
            row.aside("parent-rss", "bytes", parent.rss as f64);
            row.aside("parent-page-tables", "bytes", parent.page_tables as f64);
            row.aside("parent-entries", "entries", entries(&parent) as f64);
        }
    }
}
