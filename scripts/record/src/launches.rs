//! Launches: each point measured several times, each time by a process of its own, in an order of its own.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base::outcome::Outcome;
use base::process;
use edition::criterion::{self, Case};
use edition::{Effort, Project, Provenance, json, timeline};
use indicatif::ProgressBar;
use tempfile::TempDir;

use crate::building::Built;
use crate::noise::Quiet;

/// What one launch gave: criterion's cases, and the outcomes.
pub type Launched = (Vec<Case>, Vec<Outcome>);

/// What is to be measured for one experiment.
pub struct Plan<'a> {
    /// The experiment.
    pub slug: &'a str,
    binary: &'a Path,
    bench: Option<&'a Path>,
    cases: Vec<String>,
    outcomes: Vec<Vec<String>>,
    traces: Vec<Vec<String>>,
    effort: Effort,
    work: &'a Path,
    limit: Duration,
}

/// One thing to do in a launch.
enum Task<'a> {
    Case(&'a str),
    Outcomes(&'a [String]),
}

impl<'a> Plan<'a> {
    /// Asks the experiment's bench, if it has one, for its cases. What it measures lies in the folder `work` meanwhile, and no
    /// process may take longer than `limit`.
    ///
    /// # Errors
    /// The bench lists none, there is neither a bench nor an outcome to be measured, or the lesson's arguments can't be
    /// parted into words.
    pub fn new(
        project: &Project,
        slug: &'a str,
        built: &'a Built,
        effort: Effort,
        work: &'a Path,
        limit: Duration,
    ) -> Result<Self> {
        let (lesson, binary, bench) = (project.lesson(slug)?, built.binary(slug)?, built.bench(slug));
        let cases = bench.map(|bench| cases(bench, slug, limit)).transpose()?.unwrap_or_default();
        ensure!(
            bench.is_some() || !lesson.record.outcomes.is_empty(),
            "{slug} has neither a bench nor `outcomes` in its lesson.toml, so there is nothing to measure"
        );
        let split = |arguments: &String| words(slug, arguments);
        Ok(Self {
            slug,
            binary,
            bench,
            cases,
            outcomes: lesson.record.outcomes.iter().map(split).collect::<Result<_>>()?,
            traces: lesson.record.trace.iter().map(split).collect::<Result<_>>()?,
            effort,
            work,
            limit,
        })
    }

    /// How many processes will run, if nothing has to be repeated.
    pub fn steps(&self) -> usize {
        self.launches() * (self.cases.len() + self.outcomes.len()) + self.traces.len()
    }

    /// Runs all launches; each gives criterion's cases and the outcomes. With them come the names of the points that were
    /// disturbed, once for each launch.
    ///
    /// # Errors
    /// A process fails or takes longer than it may, or criterion's files are not whole.
    pub fn run(&self, bar: &ProgressBar, quiet: &mut Quiet) -> Result<(Vec<Launched>, Vec<String>)> {
        let mut disturbed = Vec::new();
        let launches = (0..self.launches()).map(|_| self.launch(bar, quiet, &mut disturbed)).collect::<Result<_>>()?;
        Ok((launches, disturbed))
    }

    /// The timeline that the lesson asks for, as an edition keeps it.
    ///
    /// # Errors
    /// The experiment fails, or writes none that can be drawn.
    pub fn trace(&self, bar: &ProgressBar, provenance: &Provenance) -> Result<Option<String>> {
        if self.traces.is_empty() {
            return Ok(None);
        }
        let folder = self.folder()?;
        let file = folder.path().join("trace.json");
        let written = self.traces.iter().map(|arguments| {
            self.step(bar, "timeline");
            self.process(Command::new(self.binary).args(arguments).arg("--trace").arg(&file), self.slug)?;
            std::fs::read_to_string(&file).with_context(|| format!("{} wrote no timeline", self.slug))
        });
        let texts = written.collect::<Result<Vec<_>>>()?;
        let stamped = timeline::joined(&texts).and_then(|text| timeline::stamped(&text, provenance));
        stamped.map(Some).with_context(|| format!("{} wrote no timeline that can be drawn", self.slug))
    }

    fn launches(&self) -> usize {
        if self.effort == Effort::Quick { 3 } else { 9 }
    }

    /// One launch. Its order is shuffled, so that what drifts meanwhile doesn't always favour the same variant.
    fn launch(&self, bar: &ProgressBar, quiet: &mut Quiet, disturbed: &mut Vec<String>) -> Result<Launched> {
        // A folder of its own: in a shared one, cases that have been renamed since would still lie.
        let home = self.folder()?;
        let mut outcomes = Vec::new();
        let mut tasks: Vec<Task<'_>> = self.cases.iter().map(|case| Task::Case(case)).collect();
        tasks.extend(self.outcomes.iter().map(|arguments| Task::Outcomes(arguments)));
        fastrand::shuffle(&mut tasks);
        for task in tasks {
            match task {
                Task::Case(case) => {
                    self.step(bar, case);
                    let bench = self.bench.expect("a case is a bench's");
                    let measure = || self.process(&mut self.bench_command(bench, case, home.path()), case);
                    let (_, was_disturbed) = quiet.measure(case, measure)?;
                    let name = || case.split_once('/').map_or_else(String::new, |(_, name)| format!("time/{name}"));
                    disturbed.extend(was_disturbed.then(name));
                }
                Task::Outcomes(arguments) => {
                    let what = format!("{} --json {}", self.slug, arguments.join(" "));
                    self.step(bar, &what);
                    let (measured, was_disturbed) = quiet.measure(&what, || self.outcomes(arguments))?;
                    let name = |told: &Outcome| format!("{}/{}/{}", told.metric, told.variant, told.parameter);
                    disturbed.extend(measured.iter().filter(|_| was_disturbed).map(name));
                    outcomes.extend(measured);
                }
            }
        }
        let cases = criterion::read(home.path(), self.slug, &|_| true)?.cases;
        let (slug, measured, all) = (self.slug, cases.len(), self.cases.len());
        ensure!(measured == all, "{slug}: {measured} of {all} cases were measured");
        Ok((cases, outcomes))
    }

    fn folder(&self) -> Result<TempDir> {
        tempfile::tempdir_in(self.work).with_context(|| format!("can't make a folder in {}", self.work.display()))
    }

    fn bench_command(&self, bench: &Path, case: &str, home: &Path) -> Command {
        let (samples, warm_up, measurement) =
            if self.effort == Effort::Quick { ("10", "0.05", "0.1") } else { ("10", "0.1", "0.25") };
        let mut command = Command::new(bench);
        command.args(["--bench", "--exact", case, "--noplot", "--nresamples", "2000", "--sample-size", samples]);
        command.args(["--warm-up-time", warm_up, "--measurement-time", measurement]).env("CRITERION_HOME", home);
        command
    }

    fn outcomes(&self, arguments: &[String]) -> Result<Vec<Outcome>> {
        let output = self.process(Command::new(self.binary).args(arguments).arg("--json"), self.slug)?;
        let what = format!("{} {} --json", self.slug, arguments.join(" "));
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(!text.is_empty(), "{what} printed no outcome");
        let read = |line| json::parse(line).with_context(|| format!("{what} printed, not an outcome: {line}"));
        text.lines().map(read).collect()
    }

    fn process(&self, command: &mut Command, what: &str) -> Result<Output> {
        run(command, what, self.limit)
    }

    fn step(&self, bar: &ProgressBar, what: &str) {
        bar.set_message(if what.starts_with(self.slug) { what.to_owned() } else { format!("{} {what}", self.slug) });
        bar.inc(1);
    }
}

/// The words of what a lesson runs.
pub(crate) fn words(slug: &str, written: &str) -> Result<Vec<String>> {
    shlex::split(written).with_context(|| format!("{slug}: {written:?} has an open quote"))
}

/// The cases that a bench lists.
fn cases(bench: &Path, slug: &str, limit: Duration) -> Result<Vec<String>> {
    let list = run(Command::new(bench).args(["--bench", "--list"]), &format!("{slug}'s bench"), limit)?;
    let list = String::from_utf8_lossy(&list.stdout);
    let cases: Vec<_> = list.lines().filter_map(|line| line.strip_suffix(": benchmark")).map(str::to_owned).collect();
    ensure!(!cases.is_empty(), "{slug}'s bench lists no case");
    Ok(cases)
}

/// Runs a process that must succeed within `limit`.
///
/// # Errors
/// It doesn't; the error holds the line that says why.
pub fn run(command: &mut Command, what: &str, limit: Duration) -> Result<Output> {
    let output = within(command, limit).with_context(|| what.to_owned())?;
    ensure!(output.status.success(), "{what} {}", failure(&output));
    Ok(output)
}

/// How a program ended that was to succeed, and the line that says why.
pub(crate) fn failure(output: &Output) -> String {
    let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    format!("ended with {}: {}", process::ending(output.status), why(&String::from_utf8_lossy(said)))
}

/// The line of a program's words that says why it ended: what it panicked with, else its last one.
fn why(said: &str) -> &str {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let panicked = lines.clone().skip_while(|line| !line.contains(" panicked at ")).nth(1);
    panicked.or_else(|| lines.next_back()).unwrap_or("it said nothing")
}

/// Runs a process, and says what to do if it isn't done within `limit`.
///
/// # Errors
/// As for [`process::output`].
pub fn within(command: &mut Command, limit: Duration) -> io::Result<Output> {
    process::output(command, limit).map_err(|error| match error.kind() {
        kind @ ErrorKind::TimedOut => {
            io::Error::new(kind, format!("{error}; it may hang, or needs longer: raise --limit"))
        }
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_says_why_a_program_ended() {
        assert_eq!(why("first\nerror: last\n\n"), "error: last");
        let panic = "thread 'main' (7) panicked at src/main.rs:1:2:\nit broke\nnote: run with `RUST_BACKTRACE=1`\n";
        assert_eq!(why(panic), "it broke");
        assert_eq!(why(""), "it said nothing");
    }
}
