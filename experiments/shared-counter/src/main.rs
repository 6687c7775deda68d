//! Does every addition to a shared counter count?
//!
//! Run `cargo run -p shared-counter` and look at the column `lost`: additions that were made and can't be found.

use std::io;
use std::iter;
use std::process::ExitCode;

use clap::Parser;
use lab::arguments::whole;
use lab::report::thousands;
use lab::{Ending, Report, Trace};
use shared_counter::{Count, VARIANTS, Variant};

/// Does every addition to a shared counter count?
#[derive(Parser)]
#[command(after_help = "Examples:
  cargo run -p shared-counter
  cargo run -p shared-counter -- --workers 8 --variant load-then-store-threads
  taskset -c 0 cargo run -p shared-counter        (on one core)")]
struct Arguments {
    /// How often each worker adds one (to the file: a hundredth as often)
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = whole::<u64>(100..=100_000_000), allow_negative_numbers = true)]
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
    let mut report = Report::new("shared-counter", &["variant", "added", "counted", "lost", "share lost"]);
    let mut trace = Trace::default();
    let (mut losing, mut keeping, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for Variant { name, count, loses, one_in } in VARIANTS {
        if arguments.variant.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let times = arguments.increments / one_in;
        let added = workers as u64 * times;
        let Count { counted, spans } = match count(workers, times) {
            Ok(count) => count,
            Err(error) => {
                report.left_out(name, error);
                continue;
            }
        };
        let lost = added.saturating_sub(counted);
        let share = lost as f64 / added as f64;
        let cells = [thousands(added), thousands(counted), thousands(lost), format!("{:.1} %", 100.0 * share)];
        report.row(iter::once(name.to_owned()).chain(cells), share);
        report.outcome(name, workers, "added", "updates", added as f64);
        report.outcome(name, workers, "lost", "updates", lost as f64);
        report.outcome(name, workers, "share-lost", "%", 100.0 * share);
        trace.team(name, &spans);
        let as_expected = if loses && workers > 1 { counted < added } else { counted == added };
        match (as_expected, counted == added) {
            (false, _) => wrong.push(name.to_owned()),
            (true, false) => losing.push(name.to_owned()),
            (true, true) => keeping.push(name.to_owned()),
        }
    }
    let why_none = match workers {
        1 => "One worker has nobody to meet.",
        _ => "One step leaves no gap, and who shares nothing meets nobody.",
    };
    for (what, names, why) in [
        ("Lost updates", &losing, "Another worker came between the load and the store."),
        ("Lost none", &keeping, why_none),
        ("NOT as it should be", &wrong, "Please report this, with the machine."),
    ] {
        if !names.is_empty() {
            report.say(format!("{what}: {}. {why}", names.join(", ")));
        }
    }
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if wrong.is_empty() && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}
