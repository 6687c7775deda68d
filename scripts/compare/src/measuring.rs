//! Runs the commands of a row in turns, round by round.

use std::time::Duration;

use anyhow::{Context, Result};
use base::placement::Placement;
use edition::comparison::{LeftOut, Row, Series};
use indicatif::ProgressBar;
use record::launches;

use crate::programs::Programs;
use crate::rows::{Declared, Tool};

/// So many rounds more are added, once, to a row whose factor differs much between its rounds.
pub const MORE: usize = 20;

/// What became of a row.
#[derive(Debug)]
pub enum Measured {
    /// It was compared.
    Row(Row),
    /// A tool isn't installed.
    ToolMissing(LeftOut),
    /// The machine lacks what it takes.
    NotHere(LeftOut),
}

/// What a comparison is made with.
pub struct Comparing<'a> {
    /// What can be started.
    pub programs: &'a Programs,
    /// How many rounds each row gets at least.
    pub rounds: usize,
    /// The longest that a process may take.
    pub limit: Duration,
    /// Where it tells how far it is.
    pub bar: &'a ProgressBar,
}

/// A command as a reader would type it on this machine; why it can't be placed here, if so.
fn placed(command: &str) -> Result<String, String> {
    let cores = |name: &str, mark: &str, count: usize| {
        if !command.contains(name) && !command.contains(mark) {
            return Ok(String::new());
        }
        let placement = Placement::named(name).map_err(|error| error.to_string())?;
        let cpus: Vec<String> = placement.cpus().iter().take(count).map(ToString::to_string).collect();
        Ok::<_, String>(cpus.join(" "))
    };
    let (one, two) = (cores("one-core", "{core}", 1)?, cores("two-cores", "{two cores}", 2)?);
    Ok(command.replace("{core}", &one).replace("{two cores}", &two))
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
    pub fn row(&self, row: &Declared) -> Result<Measured> {
        let left_out =
            |why: &str| LeftOut { name: row.name.to_owned(), says: row.says.to_owned(), why: why.to_owned() };
        if let Some(why) = row.tools().find_map(|tool| placed(tool.command).err()) {
            return Ok(Measured::NotHere(left_out(&why)));
        }
        if let Some(why) = row.tools().find_map(|tool| self.programs.missing(tool.command)) {
            return Ok(Measured::ToolMissing(left_out(why)));
        }
        let empty = |tool: &Tool| Series {
            says: tool.says.to_owned(),
            command: placed(tool.command).unwrap_or_default(),
            unit: tool.unit.to_owned(),
            rounds: Vec::new(),
        };
        let mut all = Row {
            name: row.name.to_owned(),
            says: row.says.to_owned(),
            limit: row.limit,
            ours: empty(&row.ours),
            beside: empty(&row.beside),
            reasons: row.reasons.iter().map(empty).collect(),
        };
        self.run_rounds(row, &mut all, self.rounds)?;
        if self.rounds > 1 && all.factor().is_some_and(|factor| factor.is_wide()) {
            self.bar.inc_length(MORE as u64);
            self.run_rounds(row, &mut all, MORE)?;
        }
        Ok(Measured::Row(all))
    }

    fn run_rounds(&self, row: &Declared, measured: &mut Row, rounds: usize) -> Result<()> {
        for _ in 0..rounds {
            let reversed = measured.ours.rounds.len() % 2 == 1;
            let series = [&mut measured.ours, &mut measured.beside].into_iter().chain(&mut measured.reasons);
            let mut turns: Vec<(&Tool, &mut Series)> = row.tools().zip(series).collect();
            if reversed {
                turns.reverse();
            }
            for (tool, series) in turns {
                self.bar.set_message(series.command.clone());
                let run = || {
                    let output = launches::run(&mut self.programs.command(&series.command)?, "it", self.limit)?;
                    tool.reads.number(&String::from_utf8_lossy(&output.stdout), tool.unit)
                };
                let number = run().with_context(|| series.command.clone())?;
                series.rounds.push(number);
            }
            self.bar.inc(1);
        }
        Ok(())
    }
}
