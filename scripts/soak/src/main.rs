//! `cargo soak`: runs every experiment hundreds of times, on all cores and on one, and counts how often it did not show
//! what it is there to show.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result};
use charts::{Project, project, readme};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use lab::{Report, process};
use record::building::Built;

/// Runs every experiment hundreds of times, and counts how often it did not show what it is there to show
#[derive(Parser)]
#[command(name = "soak", bin_name = "cargo soak")]
struct Arguments {
    /// The experiments to run; all if none is named
    #[arg(value_name = "SLUG")]
    slugs: Vec<String>,

    /// How often each runs on all cores, and as often on one
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
}

/// The longest that one run may take; an experiment's defaults end in ten seconds on an idle machine.
const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether every run of every experiment showed what it is there to show.
fn run(arguments: &Arguments) -> Result<bool> {
    let project = Project::open(&project::root()?)?;
    for slug in &arguments.slugs {
        project.lesson(slug)?;
    }
    let named = |slug: &&str| arguments.slugs.is_empty() || arguments.slugs.iter().any(|named| named == slug);
    let slugs: Vec<&str> = readme::in_order(&project).into_iter().filter(named).collect();
    let built = Built::build(&project, &slugs, false)?;

    let placements = placement::all().context("the system doesn't tell this process's cores")?;
    let bar = ProgressBar::new((placements.len() * slugs.len()) as u64 * u64::from(arguments.runs));
    bar.set_style(ProgressStyle::with_template("{bar:20} {pos}/{len}, {eta} left  {wide_msg}")?);
    let mut report = Report::new("soak", &["experiment", "on", "runs", "did not show it"]);
    let mut failures = Vec::new();
    for slug in &slugs {
        for (cores, placement) in &placements {
            placement::take(placement).context("this process can't be bound to a core")?;
            bar.set_message(format!("{slug}, {cores}"));
            let before = failures.len();
            for _ in 0..arguments.runs {
                failures.extend(failure(built.binary(slug)?).map(|what| format!("{slug}, {cores}: {what}")));
                bar.inc(1);
            }
            let failed = failures.len() - before;
            let cells = [(*slug).to_owned(), (*cores).to_owned(), arguments.runs.to_string(), failed.to_string()];
            report.row(cells, failed as f64 / f64::from(arguments.runs));
        }
    }
    bar.finish_and_clear();
    for failure in failures.iter().take(10) {
        report.say(failure);
    }
    if failures.is_empty() {
        report.say("Every run showed what its experiment is there to show.");
    }
    report.print(false)?;
    Ok(failures.is_empty())
}

/// Runs an experiment once; what went wrong, if anything did.
fn failure(program: &Path) -> Option<String> {
    match process::output(&mut Command::new(program), LIMIT) {
        Ok(output) if output.status.success() => None,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            Some(format!(
                "{}: {}",
                process::ending(output.status),
                said.split_whitespace().collect::<Vec<_>>().join(" ")
            ))
        }
        Err(error) => Some(error.to_string()),
    }
}

/// Where the experiments run: what this process is bound to, its children are too.
#[cfg(target_os = "linux")]
mod placement {
    use rustix::io::Result;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// All of this process's cores, and the first of them alone.
    pub fn all() -> Result<Vec<(&'static str, CpuSet)>> {
        let all = sched_getaffinity(None)?;
        let mut one = CpuSet::new();
        if let Some(core) = (0..CpuSet::MAX_CPU).find(|core| all.is_set(*core)) {
            one.set(core);
        }
        Ok(vec![("all cores", all), ("one core", one)])
    }

    pub fn take(cores: &CpuSet) -> Result<()> {
        sched_setaffinity(None, cores)
    }
}

/// Elsewhere there is no way to bind a process to a core that works alike: the runs on one core are left out, and the
/// table has no row for them.
#[cfg(not(target_os = "linux"))]
mod placement {
    use std::io::Result;

    pub fn all() -> Result<Vec<(&'static str, ())>> {
        Ok(vec![("all cores", ())])
    }

    pub fn take(_: &()) -> Result<()> {
        Ok(())
    }
}
