//! Does every addition to a shared counter count?
//!
//! Run `cargo run -p shared-counter` and look at the column `lost`: additions that were made and can't be found.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use lab::report::{Outcome, thousands};
use lab::{Ending, Report, Trace};
use shared_counter::{VARIANTS, Variant};

/// Does every addition to a shared counter count?
#[derive(Parser)]
#[command(after_help = "Examples:
  cargo run -p shared-counter
  cargo run -p shared-counter -- --workers 8 --variant load-then-store-threads
  taskset -c 0 cargo run -p shared-counter        (on one core)")]
struct Arguments {
    /// How often each worker adds one (to the file: a hundredth as often)
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(100..=100_000_000), allow_negative_numbers = true)]
    increments: u64,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    #[command(flatten)]
    common: lab::Arguments,
}

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| experiment(&arguments))
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    let workers = arguments.common.workers;
    let mut report = Report::new(&["variant", "added", "counted", "lost", "share lost"]);
    let mut trace = Trace::default();
    let (mut losing, mut keeping, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for variant in
        VARIANTS.iter().filter(|variant| arguments.variant.as_deref().is_none_or(|name| name == variant.name))
    {
        let times = arguments.increments / variant.one_in;
        let added = workers as u64 * times;
        let count = (variant.count)(workers, times).map_err(|error| named(variant, &error))?;
        tell(&mut report, variant, workers, added, count.counted);
        trace.team(variant.name, &count.spans);
        if count.counted == added {
            keeping.push(variant.name);
        } else {
            losing.push(variant.name);
        }
        let as_expected = if variant.loses && workers > 1 { count.counted < added } else { count.counted == added };
        if !as_expected {
            wrong.push(variant.name);
        }
    }
    let why_none = if workers == 1 {
        "One worker has nobody to meet."
    } else {
        "One step leaves no gap, and who shares nothing meets nobody."
    };
    let sentences = [
        ("Lost updates", &losing, "Another worker came between the load and the store."),
        ("Lost none", &keeping, why_none),
        ("NOT as it should be", &wrong, "Please report this, with the machine."),
    ];
    for (what, names, why) in sentences.iter().filter(|(_, names, _)| !names.is_empty()) {
        report.say(format!("{what}: {}. {why}", names.join(", ")));
    }
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if wrong.is_empty() { Ending::Shown } else { Ending::NotShown })
}

/// Adds a variant's row to the table, and its outcomes.
fn tell(report: &mut Report, variant: &Variant, workers: usize, added: u64, counted: u64) {
    let lost = added.saturating_sub(counted);
    let share = lost as f64 / added as f64;
    let cells = [thousands(added), thousands(counted), thousands(lost), format!("{:.1} %", 100.0 * share)];
    report.row(std::iter::once(variant.name.to_owned()).chain(cells), share);
    let outcomes =
        [("added", "updates", added as f64), ("lost", "updates", lost as f64), ("share-lost", "%", 100.0 * share)];
    for (metric, unit, value) in outcomes {
        report.outcome(Outcome {
            experiment: "shared-counter".to_owned(),
            variant: variant.name.to_owned(),
            parameter: workers.to_string(),
            metric: metric.to_owned(),
            unit: unit.to_owned(),
            value,
        });
    }
}

fn named(variant: &Variant, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", variant.name))
}
