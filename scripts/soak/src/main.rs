//! `cargo soak`: repeats what needs hundreds of repetitions, and counts how often it failed. Every experiment runs on all
//! cores and on one, and has to show what it is there to show; experiments, `cargo record` and `cargo run` are killed at
//! random moments, and have to leave nothing but what was good.

use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use base::{files, telling};
use charts::readme;
use clap::Parser;
use edition::Project;
use indicatif::ProgressBar;
use lab::Report;
use record::building::Built;
use record::progress;
use soak::races::{self, placement};
#[cfg(target_os = "linux")]
use soak::{kills, sample::Folder, sample::Sample};

/// Repeats what needs hundreds of repetitions, and counts how often it failed
#[derive(Parser)]
#[command(
    name = "soak",
    bin_name = "cargo soak",
    after_help = "Examples:
  cargo soak
  cargo soak shared-counter --kills 0     whether its bug shows, 400 times
  cargo soak --runs 0 --kills 1000        only kills at random moments"
)]
struct Arguments {
    /// The experiments to run; all if none is named
    #[arg(value_name = "SLUG")]
    slugs: Vec<String>,

    /// How often each runs on all cores, and as often on one
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = base::arguments::whole::<u32>(0..=1_000_000), allow_negative_numbers = true)]
    runs: u32,

    /// How many kills at random moments
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = base::arguments::whole::<u32>(0..=1_000_000), allow_negative_numbers = true)]
    kills: u32,
}

fn main() -> ExitCode {
    let arguments: Arguments = base::arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => telling::fail(&error),
    }
}

/// Whether nothing failed.
fn run(arguments: &Arguments) -> Result<bool> {
    ensure!(arguments.runs + arguments.kills > 0, "there is nothing to repeat; give --runs or --kills more than 0");
    let project = Project::open(&files::root()?)?;
    for slug in &arguments.slugs {
        project.lesson(slug)?;
    }
    let named = |slug: &&str| arguments.slugs.is_empty() || arguments.slugs.iter().any(|named| named == slug);
    let slugs: Vec<&str> = readme::in_order(&project).into_iter().filter(named).collect();
    let tools = ["record", "book"].into_iter().filter(|_| arguments.kills > 0);
    let built = Built::build(&project, &slugs.iter().copied().chain(tools).collect::<Vec<_>>(), false)?;

    let mut soak =
        Soak { report: Report::new("soak", &["what", "how often", "one took", "failed"]), failed: Vec::new() };
    if arguments.runs > 0 {
        soak.races(&project, &slugs, &built, arguments.runs)?;
    }
    if arguments.kills > 0 {
        soak.kills(&project, &slugs, &built, arguments.kills)?;
    }
    soak.end()
}

/// What was repeated so far, and what failed.
struct Soak {
    report: Report,
    /// What failed, and how often of how many times.
    failed: Vec<(String, usize, u32)>,
}

impl Soak {
    fn races(&mut self, project: &Project, slugs: &[&str], built: &Built, runs: u32) -> Result<()> {
        let placements = placement::all().context("the system doesn't tell this process's cores")?;
        let runs_of = |slug: &str| runs.div_ceil(project.lessons[slug].soak.one_in.map_or(1, NonZeroU32::get));
        let bar = progress(slugs.iter().map(|slug| placements.len() as u64 * u64::from(runs_of(slug))).sum());
        for slug in slugs {
            for (cores, placement) in &placements {
                placement::take(placement).context("this process can't be bound to a core")?;
                let what = format!("{slug}, {cores}");
                let program = built.binary(slug)?;
                self.repeat(&bar, &what, runs_of(slug), |_| races::run(program));
            }
        }
        // Whatever comes next may run on all cores again.
        placements.first().map_or(Ok(()), |(_, all)| placement::take(all))?;
        bar.finish_and_clear();
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn kills(&mut self, project: &Project, slugs: &[&str], built: &Built, kills: u32) -> Result<()> {
        let folder = Folder::new()?;
        let samples = [Sample::within(folder.path())?, Sample::within(folder.path())?];
        let victims = kills::victims(project, built, slugs, &samples)?;
        kills::reap_orphans()?;
        let bar = progress(u64::from(kills));
        for (number, victim) in victims.iter().enumerate() {
            // As many for each as can be, and all of them together.
            let (first, next) = (number as u32, number as u32 + 1);
            let times = kills * next / victims.len() as u32 - kills * first / victims.len() as u32;
            self.repeat(&bar, &format!("{}, killed", victim.name), times, |number| kills::kill(victim, number));
        }
        bar.finish_and_clear();
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn kills(&mut self, _: &Project, _: &[&str], _: &Built, _: u32) -> Result<()> {
        self.report
            .say("Left out: the kills. Only Linux hands orphans to whoever asks, so nobody could tell what was left.");
        Ok(())
    }

    fn repeat(&mut self, bar: &ProgressBar, what: &str, times: u32, once: impl Fn(usize) -> Result<(), String>) {
        bar.set_message(what.to_owned());
        let (mut failed, began) = (0, Instant::now());
        for number in 0..times as usize {
            if let Err(failure) = once(number) {
                bar.suspend(|| telling::complain(&format!("{what}: {failure}")));
                failed += 1;
            }
            bar.inc(1);
        }
        let one = began.elapsed().as_secs_f64() / f64::from(times.max(1));
        let cells = [what.to_owned(), times.to_string(), format!("{one:.2} s"), failed.to_string()];
        self.report.row(cells, failed as f64 / f64::from(times.max(1)));
        if failed > 0 {
            self.failed.push((what.to_owned(), failed, times));
        }
    }

    fn end(mut self) -> Result<bool> {
        let failed: Vec<String> =
            self.failed.iter().map(|(what, failed, times)| format!("{what} ({failed} of {times})")).collect();
        self.report.say(match failed.is_empty() {
            true => "Nothing failed.".to_owned(),
            false => format!("Failed, as told above: {}.", failed.join("; ")),
        });
        self.report.print(false)?;
        Ok(failed.is_empty())
    }
}
