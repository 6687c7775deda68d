//! Runs the commands of a row in turns, round by round.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use edition::comparison::{self, Declared, LeftOut, Series};
use indicatif::ProgressBar;
use lab::Placement;
use record::launches;

use crate::programs::Programs;
use crate::rows::{Row, Tool};

/// So many rounds more are added, once, to a row whose factor differs much between its rounds.
pub const MORE: usize = 20;

/// What became of a row.
#[derive(Debug)]
pub enum Measured {
    /// It was compared.
    Row(comparison::Row),
    /// A tool isn't installed.
    ToolMissing(LeftOut),
    /// The machine lacks what it takes.
    NotHere(LeftOut),
}

/// Where the commands run that are placed.
#[derive(Debug)]
pub struct Cores {
    one: Result<Placement, String>,
    two: Result<Placement, String>,
}

impl Cores {
    /// What this machine lets us have.
    pub fn of_this_machine() -> Self {
        let named = |name| Placement::named(name).map_err(|error| error.to_string());
        Self { one: named("one-core"), two: named("two-cores") }
    }

    /// The command as a reader would type it on this machine.
    pub fn command(&self, tool: &Tool) -> String {
        tool.command(&numbers(&self.one, 1), &numbers(&self.two, 2))
    }

    /// Why this tool can't be placed as it has to be.
    fn lacking(&self, tool: &Tool) -> Option<&str> {
        let needs = |name: &str| tool.arguments.contains(name);
        let one = (tool.on_one_core || needs("one-core")).then_some(&self.one);
        let two = (needs("{two CPUs}") || needs("two-cores")).then_some(&self.two);
        [one, two].into_iter().flatten().find_map(|placement| placement.as_ref().err()).map(String::as_str)
    }
}

/// The numbers of the first `count` CPUs, as arguments.
fn numbers(placement: &Result<Placement, String>, count: usize) -> String {
    let cpus = placement.as_ref().map(Placement::cpus).unwrap_or_default();
    cpus.iter().take(count).map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// What a comparison is made with.
#[derive(Debug)]
pub struct Comparing<'a> {
    /// What can be started.
    pub programs: &'a Programs,
    /// Where it can be placed.
    pub cores: &'a Cores,
    /// How many rounds each row gets at least.
    pub rounds: usize,
    /// The longest that a process may take.
    pub limit: Duration,
    /// Where it tells how far it is.
    pub bar: &'a ProgressBar,
}

/// A command, where its program is, and what it measured so far.
struct Running<'a> {
    tool: &'a Tool,
    path: &'a Path,
    series: Series,
}

impl Comparing<'_> {
    /// Measures a row, or leaves it out if it can't be measured here.
    ///
    /// In each round every command runs once, in a process of its own; every second round runs them in reverse, so that
    /// whatever drifts meanwhile favours neither. A row whose factor spreads widely gets [`MORE`] rounds, whichever way it
    /// points.
    ///
    /// # Errors
    /// A command fails, hangs, or prints something else than it should.
    pub fn row(&self, row: &Row, declared: &Declared) -> Result<Measured> {
        let left_out =
            |why: &str| LeftOut { name: row.name.to_owned(), says: declared.says.to_owned(), why: why.to_owned() };
        if let Some(why) = row.tools().find_map(|tool| self.cores.lacking(tool)) {
            return Ok(Measured::NotHere(left_out(why)));
        }
        let mut all = Vec::new();
        for tool in row.tools() {
            match self.programs.path(tool.program) {
                Ok(path) => all.push(Running { tool, path, series: self.empty(tool) }),
                Err(why) => return Ok(Measured::ToolMissing(left_out(why))),
            }
        }
        let measured = |all: &[Running<'_>]| comparison::Row {
            name: row.name.to_owned(),
            says: declared.says.to_owned(),
            limit: declared.limit,
            ours: all[0].series.clone(),
            beside: all[1].series.clone(),
            reasons: all[2..].iter().map(|running| running.series.clone()).collect(),
        };
        self.run_rounds(&mut all, self.rounds)?;
        if self.rounds > 1 && measured(&all).factor().is_some_and(|factor| factor.is_wide()) {
            self.bar.inc_length(MORE as u64);
            self.run_rounds(&mut all, MORE)?;
        }
        Ok(Measured::Row(measured(&all)))
    }

    fn empty(&self, tool: &Tool) -> Series {
        let command = self.cores.command(tool);
        Series { says: tool.says.to_owned(), command, unit: tool.unit.to_owned(), rounds: Vec::new() }
    }

    fn run_rounds(&self, all: &mut [Running<'_>], rounds: usize) -> Result<()> {
        for _ in 0..rounds {
            let first = all[0].series.rounds.len().is_multiple_of(2);
            for at in 0..all.len() {
                let running = if first { at } else { all.len() - 1 - at };
                let Running { tool, path, series } = &mut all[running];
                self.bar.set_message(series.command.clone());
                series.rounds.push(self.once(tool, path).with_context(|| series.command.clone())?);
            }
            self.bar.inc(1);
        }
        Ok(())
    }

    /// Runs a command once and takes its number.
    fn once(&self, tool: &Tool, path: &Path) -> Result<f64> {
        let arguments = tool.arguments.replace("{two CPUs}", &numbers(&self.cores.two, 2));
        let mut command = Command::new(path);
        command.args(arguments.split(' '));
        let mut run = || launches::run(&mut command, "it", self.limit);
        let output = match &self.cores.one {
            // A process inherits the CPUs of the thread that starts it, and this thread is here for nothing else.
            Ok(core) if tool.on_one_core => thread::scope(|scope| {
                let starter = scope.spawn(|| {
                    core.take(0);
                    run()
                });
                starter.join().expect("it doesn't panic")
            })?,
            _ => run()?,
        };
        tool.reads.number(&String::from_utf8_lossy(&output.stdout), tool.unit)
    }
}
