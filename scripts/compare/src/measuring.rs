//! Runs the commands of a row in turns, round by round.

use std::time::Duration;

use anyhow::{Context, Result};
use base::placement::Placement;
use edition::comparison::{LeftOut, Row, Series};
use indicatif::ProgressBar;
use record::launches;

use crate::programs::Programs;
use crate::rows::{Declared, Tool};

/// How often each command runs in a round.
pub const TURNS: usize = 5;

/// What became of a row.
#[derive(Debug)]
pub enum Measured {
    /// It was compared.
    Row(Box<Row>),
    /// A tool isn't installed.
    ToolMissing(LeftOut),
    /// The machine lacks what it takes.
    NotHere(LeftOut),
}

/// What a comparison is made with.
pub struct Comparing<'a> {
    /// What can be started.
    pub programs: &'a Programs,
    /// How many rounds each row gets.
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
    /// In each round every command runs [`TURNS`] times, in turns with the others and each time in a process of its own, and
    /// the median counts: one launch that meets something else doesn't. Every second turn runs them in reverse, so that
    /// whatever drifts meanwhile favours none.
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
            independent: row.independent,
            limit: row.limit,
            ours: empty(&row.ours),
            beside: empty(&row.beside),
            reasons: row.reasons.iter().map(empty).collect(),
            explained_by: row.explained_by.map(str::to_owned),
        };
        for _ in 0..self.rounds {
            self.run_round(row, &mut all)?;
            self.bar.inc(1);
        }
        Ok(Measured::Row(Box::new(all)))
    }

    fn run_round(&self, row: &Declared, measured: &mut Row) -> Result<()> {
        let is_odd = measured.ours.rounds.len() % 2 == 1;
        let series = [&mut measured.ours, &mut measured.beside].into_iter().chain(&mut measured.reasons);
        let mut commands: Vec<_> = row.tools().zip(series).map(|(tool, series)| (tool, series, Vec::new())).collect();
        if is_odd {
            commands.reverse();
        }
        for _ in 0..TURNS {
            for (tool, series, numbers) in &mut commands {
                self.bar.set_message(series.command.clone());
                let run = || {
                    let output = launches::run(&mut self.programs.command(&series.command)?, "it", self.limit)?;
                    tool.reads.number(&String::from_utf8_lossy(&output.stdout), tool.unit)
                };
                numbers.push(run().with_context(|| series.command.clone())?);
            }
            commands.reverse();
        }
        for (_, series, mut numbers) in commands {
            numbers.sort_unstable_by(f64::total_cmp);
            series.rounds.push(numbers[TURNS / 2]);
        }
        Ok(())
    }
}
