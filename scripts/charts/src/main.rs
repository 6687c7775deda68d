//! `cargo charts`: takes what `cargo bench` measured into the edition `local` and draws every chart anew.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use base::quantity::{Quantity, three_digits};
use base::{arguments, files, telling};
use charts::{directives, figure, readme};
use clap::Parser;
use edition::estimate::Estimate;
use edition::{LOCAL, Project, Writer, check_name, take};

/// Where charts are drawn unless somebody says where, below the project's root.
const DRAWN: &str = "target/charts";

/// Take what `cargo bench` measured into an edition, and draw every chart anew
#[derive(Parser)]
#[command(
    name = "charts",
    bin_name = "cargo charts",
    after_help = "Examples:
  cargo bench && cargo charts                     this machine's charts
  cargo charts --edition room-12                  the same, under a name that git keeps
  cargo charts --export slides                    every chart as SVG, light and dark
  cargo charts --compare reference local          two editions, number by number"
)]
struct Arguments {
    /// Put the measurements into this edition
    #[arg(long, value_name = "NAME", default_value = LOCAL, value_parser = |name: &str| check_name(name).map(|()| name.to_owned()))]
    edition: String,

    /// Draw the charts into this folder, as SVG files that stand alone
    #[arg(long, value_name = "DIR", default_value = DRAWN)]
    export: PathBuf,

    /// Print two editions side by side, and draw nothing
    #[arg(long, num_args = 2, value_names = ["ONE", "OTHER"])]
    compare: Option<Vec<String>>,
}

fn main() -> ExitCode {
    let arguments: Arguments = arguments::parse();
    match run(&arguments).and_then(|text| Ok(telling::print(&text)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => telling::fail(&error),
    }
}

fn run(arguments: &Arguments) -> Result<String> {
    let root = files::root()?;
    if let Some([one, other]) = arguments.compare.as_deref() {
        return compare(&charts::open(&root)?, one, other);
    }
    let _writer = Writer::begin(&root)?;
    let mut project = charts::open(&root)?;
    let taken = take::bench(&project, &arguments.edition)?;
    let mut text = String::new();
    for (slug, points) in &taken.points {
        text += &format!(
            "{slug}: {points} points from one launch of `cargo bench`, into the edition {}\n",
            arguments.edition
        );
    }
    for case in &taken.unknown {
        text += &format!("left out: {case}, which no lesson.toml knows\n");
    }
    match taken.points.is_empty() {
        true if taken.measured => text += "no measurement is newer than what the editions hold\n",
        true => text += "there is nothing to take in; run `cargo bench` first\n",
        false => project = charts::open(&root)?,
    }
    let folder = std::path::absolute(&arguments.export).context("can't find the current folder")?;
    let folder = if arguments.export == Path::new(DRAWN) { root.join(DRAWN) } else { folder };
    let (drawn, left_out) = figure::export(&project, &folder)?;
    left_out.iter().for_each(|line| text += &format!("{line}\n"));
    text += &format!("{} charts drawn in {}\n", drawn.len(), arguments.export.display());
    for path in readme::update(&project)? {
        text += &format!("{} rewritten\n", path.strip_prefix(&root).unwrap_or(&path).display());
    }
    Ok(text)
}

fn compare(project: &Project, one: &str, other: &str) -> Result<String> {
    let edition =
        |name| directives::find(&project.editions, name, "edition", |edition| &edition.name).context("book/data");
    let (one, other) = (edition(one)?, edition(other)?);
    let mut text = format!("{}: {}\n{}: {}\n", one.name, one.machine_in_words(), other.name, other.machine_in_words());
    for (slug, recording) in &one.recordings {
        text += &format!("\n{slug:<42} {:>18} {:>18}  ratio\n", one.name, other.name);
        for point in &recording.points {
            let name = point.name();
            let Ok(beside) = other.point(slug, &name) else { continue };
            let value = |estimate: Option<Estimate>| {
                estimate.map_or_else(String::new, |e| Quantity { value: e.value, unit: &point.unit }.to_string())
            };
            // The launches of two machines have nothing in common, so no pairing.
            let ratio = point.estimate().zip(beside.estimate()).and_then(|(a, b)| Estimate::unpaired(a, b));
            let ratio = ratio.map_or_else(String::new, |ratio| {
                let [value, lower, upper] = [ratio.value, ratio.lower, ratio.upper].map(three_digits);
                format!("{value} ({lower} to {upper})")
            });
            text += &format!("{name:<42} {:>18} {:>18}  {ratio}\n", value(point.estimate()), value(beside.estimate()));
        }
    }
    Ok(text)
}
