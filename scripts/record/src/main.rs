//! `cargo record`: measures every experiment on this machine, in several launches, and puts what it measured into an
//! edition.
//!
//! Nothing is written into the edition before an experiment is whole, so whatever interrupts a recording, the last good
//! one stands. Everything that is measured runs in a process of its own, under a deadline, and ends with this one.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base::files;
use base::telling::{self, complain};
use charts::{figure, readme};
use clap::Parser;
use edition::{Edition, Effort, LOCAL, Project, Recording, Writer, check_name, take};
use record::building::Built;
use record::launches::Plan;
use record::noise::{Noise, Quiet};
use record::progress;
use record::sessions::{self, Sessions};

/// Measure experiments on this machine, in several launches, and put the results into an edition
#[derive(Parser)]
#[command(
    name = "record",
    bin_name = "cargo record",
    after_help = "Examples:
  cargo record --quick                   everything, roughly
  cargo record shared-counter            one experiment, well
  cargo record --edition room-12         under a name that git keeps
  cargo record --sessions                only what the programs print"
)]
struct Arguments {
    /// Record these experiments; by default all
    #[arg(value_name = "SLUG")]
    slugs: Vec<String>,

    /// Make three shorter launches instead of nine; the intervals then cover less, and the book says so
    #[arg(long)]
    quick: bool,

    /// Put the recording into this edition
    #[arg(long, value_name = "NAME", default_value = LOCAL, value_parser = |name: &str| check_name(name).map(|()| name.to_owned()))]
    edition: String,

    /// End a process that takes longer than this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = base::arguments::whole::<u64>(1..=86_400), allow_negative_numbers = true)]
    limit: u64,

    /// Only capture anew what the programs print, and measure nothing
    #[arg(long, conflicts_with = "quick")]
    sessions: bool,
}

/// How long a recording of all experiments waits for a quiet machine and repeats what was disturbed, all in all.
const WAITING: Duration = Duration::from_secs(300);

/// The same of a quick one.
const QUICK_WAITING: Duration = Duration::from_secs(45);

fn main() -> ExitCode {
    let arguments: Arguments = base::arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => telling::fail(&error),
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let root = files::root()?;
    let writer = Writer::begin(&root)?;
    let project = charts::open(&root)?;
    for slug in &arguments.slugs {
        project.lesson(slug)?;
    }
    let slugs: Vec<&str> =
        readme::in_order(&project).into_iter().filter(|slug| named(&arguments.slugs, slug)).collect();
    let edition = project.editions.iter().find(|edition| edition.name == arguments.edition);
    take::check_machine(edition, &base::machine::this())?;

    let noise = Noise::begin();
    if let Some(load) = noise.high_load() {
        complain(&format!(
            "the load average is {load:.1} already: other programs are at work, and the recording may be marked as disturbed"
        ));
    }
    let kind = if arguments.quick { Effort::Quick } else { Effort::Full };
    let provenance = take::now(&project.root, vec![command(arguments)], kind);
    complain(&format!("building {}", slugs.join(", ")));
    let built = Built::build(&project, &slugs, !arguments.sessions)?;
    built.prepare(&project, &slugs)?;
    let folder = project.root.join("book/data").join(&arguments.edition);
    if arguments.sessions {
        return recapture(&project, &slugs, &built, edition, arguments);
    }

    let limit = Duration::from_secs(arguments.limit);
    // The book shows the sessions of its main edition only, so who is in a hurry captures no others.
    let captures = !arguments.quick || project.main_edition().map_or(true, |main| main.name == arguments.edition);
    let plans = slugs
        .iter()
        .map(|slug| Plan::new(&project, slug, &built, kind, &writer.work, limit))
        .collect::<Result<Vec<_>>>()?;
    let sessions = |slug: &str| if captures { project.lessons[slug].sessions.len() } else { 0 };
    let steps: usize = plans.iter().map(|plan| plan.steps() + sessions(plan.slug)).sum();
    let budget = if arguments.quick { QUICK_WAITING } else { WAITING };
    let bar = progress(steps as u64);
    let mut refused = None;
    for plan in &plans {
        let began = noise.again();
        // Each experiment has a share of the waiting, so that a busy hour doesn't use it up for those that follow.
        let mut quiet = Quiet::within(budget.mul_f64((plan.steps() + sessions(plan.slug)) as f64 / steps as f64));
        quiet.wait();
        let (launches, disturbed) = plan.run(&bar, &mut quiet)?;
        let mut provenance = began.end(provenance.clone());
        quiet.end(&mut provenance);
        let trace = plan.trace(&bar, &provenance)?;
        let mut recording = take::recording((plan.slug, project.lesson(plan.slug)?), &launches, provenance)?;
        for point in &mut recording.points {
            point.disturbed = disturbed.iter().filter(|name| **name == point.name()).count();
        }
        let sessions = match captures {
            true => sessions::capture(&project, &recording, &built, &bar, limit)?,
            false => Sessions::default(),
        };
        let lines = recording.provenance.warnings.iter().chain(&sessions.left_out).chain(&sessions.retaken);
        for line in lines {
            bar.suspend(|| complain(&format!("{}: {line}", plan.slug)));
        }
        recording.sessions = sessions.captured;
        refused = refused.or(sessions.refused);
        let last = recording.provenance.clone();
        take::save(&folder, edition, last, |folder| recording.save_with(folder, trace.as_deref()))?;
    }
    bar.finish_and_clear();
    draw(&project)?;
    refused.map_or(Ok(()), |refused| bail!("{refused}"))?;
    complain(&format!("recorded into book/data/{}; `cargo run` shows it", arguments.edition));
    Ok(())
}

/// Captures the sessions of experiments that are recorded already.
fn recapture(
    project: &Project,
    slugs: &[&str],
    built: &Built,
    edition: Option<&Edition>,
    arguments: &Arguments,
) -> Result<()> {
    let (name, mut refused) = (&arguments.edition, None);
    let bar = progress(slugs.iter().map(|slug| project.lessons[*slug].sessions.len() as u64).sum());
    for slug in slugs {
        let recording = edition.and_then(|edition| edition.recordings.get(*slug));
        let recording =
            recording.with_context(|| format!("the edition {name} has no recording of {slug} yet; record it"))?;
        let sessions = sessions::capture(project, recording, built, &bar, Duration::from_secs(arguments.limit))?;
        for warning in sessions.left_out.iter().chain(&sessions.retaken) {
            bar.suspend(|| complain(&format!("{slug}: {warning}")));
        }
        // What is there stays, rather than a recording that lacks one.
        if sessions.refused.is_some() {
            refused = refused.or(sessions.refused);
            continue;
        }
        let recording = Recording { sessions: sessions.captured, ..recording.clone() };
        recording.save(&project.root.join("book/data").join(name))?;
    }
    bar.finish_and_clear();
    draw(project)?;
    refused.map_or(Ok(()), |refused| bail!("{refused}"))
}

/// Draws every chart anew, as `cargo charts` does.
fn draw(project: &Project) -> Result<()> {
    let project = Project::open(&project.root)?;
    let (_, left_out) = figure::export(&project, &project.root.join("target/charts"))?;
    for line in left_out {
        complain(&line);
    }
    readme::update(&project)?;
    Ok(())
}

/// The command, as it was given.
fn command(arguments: &Arguments) -> String {
    let mut words = vec!["cargo record".to_owned()];
    words.extend(arguments.slugs.iter().cloned());
    words.extend(arguments.quick.then(|| "--quick".to_owned()));
    if arguments.edition != LOCAL {
        words.push(format!("--edition {}", arguments.edition));
    }
    words.join(" ")
}

fn named(slugs: &[String], slug: &str) -> bool {
    slugs.is_empty() || slugs.iter().any(|named| named == slug)
}
