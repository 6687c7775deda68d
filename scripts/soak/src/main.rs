//! `cargo soak`: repeats what needs hundreds of repetitions, and counts how often it failed. Every experiment runs on all
//! cores and on one, and has to show what it is there to show; experiments, `cargo record` and `cargo run` are killed at
//! random moments, and have to leave nothing but what was good. Then it has those tests try everything that try only what
//! tells most when `cargo test` runs them, and goes the whole way in a checkout like no developer's.

use std::fs::{self, File};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use base::{files, process, telling};
use charts::readme;
use clap::{Parser, ValueEnum};
use edition::Project;
use indicatif::ProgressBar;
use record::building::Built;
use record::progress;
use soak::elsewhere;
#[cfg(target_os = "linux")]
use soak::kills;
#[cfg(target_os = "linux")]
use testing::Sample;

/// Repeat whatever needs hundreds of repetitions, and count the failures
#[derive(Parser)]
#[command(
    name = "soak",
    bin_name = "cargo soak",
    after_help = "Examples:
  cargo soak                              everything, in two or three hours
  cargo soak shared-counter --kills 0     400 runs of one experiment
  cargo soak --only kills --kills 1000    only kills at random moments
  cargo soak --only machines,pages        only these two parts"
)]
struct Arguments {
    /// Run and kill these experiments; by default all
    #[arg(value_name = "SLUG")]
    slugs: Vec<String>,

    /// Run each experiment so often on all cores, and as often on one core
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = base::arguments::whole::<u32>(0..=1_000_000), allow_negative_numbers = true)]
    runs: u32,

    /// Kill programs so often, at random moments
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = base::arguments::whole::<u32>(0..=1_000_000), allow_negative_numbers = true)]
    kills: u32,

    /// Do only these parts; by default all, or runs and kills if experiments are named
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    only: Vec<Part>,
}

/// What can be repeated on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Runs of experiments, on all cores and on one
    Runs,
    /// Kills at random moments
    Kills,
    /// Every program on every machine that lacks something
    Machines,
    /// Every page in every theme, on a phone and on a wide screen
    Pages,
    /// Files of random bytes, twenty times as many as in a test
    Bytes,
    /// Every wrong and every right answer to the exercises, a hundred times
    Exercises,
    /// Every case of every bench, once
    Benches,
    /// All steps from building to comparing, in a checkout unlike any developer's
    Elsewhere,
}

impl Part {
    /// What `cargo test` is asked for, where that does it; `testing` tries everything where `SOAK` is set.
    fn tests(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Runs | Self::Kills | Self::Elsewhere => None,
            Self::Machines => Some(&["--package", "testing", "--test", "machines"]),
            Self::Pages => Some(&["--package", "testing", "--test", "browser"]),
            Self::Bytes => Some(&["--package", "testing", "--test", "bytes"]),
            Self::Exercises => Some(&["--test", "exercise"]),
            Self::Benches => Some(&["--benches"]),
        }
    }
}

impl Arguments {
    fn parts(&self) -> Vec<Part> {
        let parts = Part::value_variants().iter().copied().filter(|part| match part {
            Part::Runs if self.runs == 0 => false,
            Part::Kills if self.kills == 0 => false,
            _ if !self.only.is_empty() => self.only.contains(part),
            Part::Runs | Part::Kills => true,
            _ => self.slugs.is_empty(),
        });
        parts.collect()
    }
}

/// The longest that one of the tests may take.
const LIMIT: Duration = Duration::from_secs(3 * 60 * 60);

/// The longest that one run may take; the longest question takes half a minute on an idle machine.
const RUN_LIMIT: Duration = Duration::from_secs(180);

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
    let parts = arguments.parts();
    ensure!(!parts.is_empty(), "there is nothing to repeat; give --runs or --kills more than 0");
    let project = Project::open(&files::root()?)?;
    for slug in &arguments.slugs {
        project.lesson(slug)?;
    }
    let named = |slug: &&str| arguments.slugs.is_empty() || arguments.slugs.iter().any(|named| named == slug);
    let slugs: Vec<&str> = readme::in_order(&project).into_iter().filter(named).collect();
    let mut soak = Soak::default();
    for part in parts {
        match part {
            Part::Runs => soak.races(&project, &slugs, arguments.runs)?,
            Part::Kills => soak.kills(&project, &slugs, arguments.kills)?,
            Part::Elsewhere => soak.elsewhere(&project)?,
            _ => {}
        }
        if let Some(words) = part.tests() {
            let (bar, what) = (progress(1), format!("{part:?}").to_lowercase());
            soak.repeat(&bar, &what, 1, |_| everything(&project.root, words));
            bar.finish_and_clear();
        }
    }
    soak.end()
}

/// Has tests try everything. What they say as they go, they say on stderr.
fn everything(root: &Path, words: &[&str]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["test", "--quiet"]).args(words).current_dir(root).env("SOAK", "1");
    match process::output_but_stderr(&mut command, LIMIT) {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            Err(said.split_once("failures:").map_or(&*said, |(_, failures)| failures).trim().to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Runs an experiment once with these arguments, bound to one core or not. It fails unless it shows what it is there to show.
fn show(program: &Path, words: &str, one_core: bool) -> Result<(), String> {
    let run = || {
        #[cfg(target_os = "linux")]
        if one_core {
            testing::on_one_core();
        }
        #[cfg(not(target_os = "linux"))]
        let _ = one_core;
        process::output(Command::new(program).args(shlex::split(words).unwrap_or_default()), RUN_LIMIT)
    };
    // What a thread is bound to, so are its children, and nobody else.
    let ended = thread::scope(|scope| scope.spawn(run).join());
    match ended.map_err(|_| "this process can't be bound to a core")? {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
            Err(format!("{}: {said}", process::ending(output.status)))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// An empty folder, `target/soak`. A run that is killed leaves its files there, and the next run clears them away. The folder
/// belongs to this process as long as the file is open.
fn folder(root: &Path) -> Result<(PathBuf, File)> {
    let folder = root.join("target/soak");
    fs::create_dir_all(&folder)?;
    let lock = File::create(root.join("target/soak.lock"))?;
    ensure!(lock.try_lock().is_ok(), "another `cargo soak` is at work here; wait for its end");
    fs::remove_dir_all(&folder)?;
    fs::create_dir(&folder)?;
    Ok((folder, lock))
}

/// What was repeated so far.
#[derive(Default)]
struct Soak {
    lines: Vec<String>,
    /// What failed, and how often of how many times.
    failed: Vec<(String, usize, u32)>,
}

impl Soak {
    /// On all cores, and on one, where a process can be bound to a core.
    fn races(&mut self, project: &Project, slugs: &[&str], runs: u32) -> Result<()> {
        let built = Built::build(project, slugs, false)?;
        let cores = if cfg!(target_os = "linux") { &["all cores", "one core"][..] } else { &["all cores"] };
        let runs_of = |slug: &str| runs.div_ceil(project.lessons[slug].soak.one_in.map_or(1, NonZeroU32::get));
        let bar = progress(slugs.iter().map(|slug| cores.len() as u64 * u64::from(runs_of(slug))).sum());
        for slug in slugs {
            let (program, asks) = (built.binary(slug)?, &project.lessons[*slug].record.outcomes);
            for cores in cores {
                let one_core = *cores == "one core";
                self.repeat(&bar, &format!("{slug}, {cores}"), runs_of(slug), |number| {
                    // Each of its questions in turn; on one core only the first, for others can't be asked there.
                    let words = if one_core { None } else { asks.get(number % (asks.len() + 1)) };
                    show(program, words.map_or("", |words| words), one_core)
                });
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn kills(&mut self, project: &Project, slugs: &[&str], kills: u32) -> Result<()> {
        let built = Built::build(project, &[slugs, &["record", "book"]].concat(), false)?;
        let (folder, _lock) = folder(&project.root).context("can't empty target/soak")?;
        let samples = [Sample::within(&folder)?, Sample::within(&folder)?];
        let victims = kills::victims(project, &built, slugs, &samples)?;
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
    fn kills(&mut self, _: &Project, _: &[&str], _: u32) -> Result<()> {
        self.lines.push("Left out: the kills, because only Linux lets a process adopt orphans.".to_owned());
        Ok(())
    }

    fn elsewhere(&mut self, project: &Project) -> Result<()> {
        let (folder, _lock) = folder(&project.root).context("can't empty target/soak")?;
        let bar = progress(1);
        let go = |_| elsewhere::whole_way(&project.root, &folder).map_err(|error| format!("{error:#}"));
        self.repeat(&bar, "the whole way, elsewhere", 1, go);
        bar.finish_and_clear();
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
        self.lines.push(format!("{what}:\n  {failed} of {times} failed, {one:.2} s each"));
        if failed > 0 {
            self.failed.push((what.to_owned(), failed, times));
        }
    }

    fn end(mut self) -> Result<bool> {
        let failed: Vec<String> =
            self.failed.iter().map(|(what, failed, times)| format!("{what} ({failed} of {times})")).collect();
        self.lines.push(match failed.is_empty() {
            true => "Nothing failed.".to_owned(),
            false => format!("Failed (see above): {}.", failed.join("; ")),
        });
        telling::print(&(self.lines.join("\n") + "\n"))?;
        Ok(failed.is_empty())
    }
}
