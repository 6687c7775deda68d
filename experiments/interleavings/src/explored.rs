//! What an exploration tells of our own programs, and of a reader's program.

use std::io;

use interleavings::{BUDGET, Exploration, Program, explore, name, sum};
use lab::Row;
use lab::report::shown;
use lab::trace::{Event, State};

/// How many ends, and how many deadlocks, of a program are told one by one.
const MOST_TOLD: usize = 20;

/// A program, and all that its interleavings come to.
pub struct Explored {
    program: Program,
    /// What was found.
    pub found: Exploration,
    /// How many additions should be counted at the end; nothing for a reader's program, of which we don't know that.
    all: Option<i64>,
}

/// Why an argument can't be explored; `what` is its name.
pub fn refuse(what: &str, why: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what}: {why}"))
}

impl Explored {
    /// Explores a program.
    ///
    /// # Errors
    /// The program is too large: `what` is the wrong argument's name.
    pub fn new(what: &str, program: Program, all: Option<i64>) -> io::Result<Self> {
        let found =
            explore(&program, BUDGET).map_err(|error| refuse(what, error))?;
        Ok(Self { program, found, all })
    }

    /// The lowest and the highest sum of all cells at an end.
    pub fn reach(&self) -> Option<(i64, i64)> {
        let sums = || self.found.ends.keys().map(|memory| sum(memory));
        Some((sums().min()?, sums().max()?))
    }

    /// What was found, in numbers. We know which ends are right for our own programs only.
    pub fn count(&self, row: &mut Row<'_>) {
        let found = &self.found;
        row.number("states", "states", found.states as f64);
        let ends = found.ends.len() as f64;
        if self.all.is_none() {
            row.number("ends", "ends", ends);
        } else {
            row.aside("ends", "ends", ends);
            row.words(
                "counted",
                match self.reach() {
                    Some((lowest, highest)) if lowest == highest => {
                        lowest.to_string()
                    }
                    Some((lowest, highest)) => format!("{lowest} to {highest}"),
                    None => "never".to_owned(),
                },
            );
        }
        row.number("deadlocks", "deadlocks", found.deadlocks.len() as f64);
        row.aside("deadlocked", "interleavings", found.deadlocked() as f64);
        row.number("interleavings", "interleavings", found.interleavings as f64);
        row.bar(0.0);
        if let Some(all) = self.all {
            let right = found.adding_up_to(all);
            let wrong = 1.0 - right as f64 / found.interleavings as f64;
            row.number("right", "interleavings", right as f64);
            row.aside("share-wrong", "%", 100.0 * wrong);
            row.bar(wrong);
        }
        if let Some((lowest, highest)) = self.reach() {
            row.aside("lowest", "additions", lowest as f64);
            row.aside("highest", "additions", highest as f64);
        }
    }

    /// Tells every end, and every deadlock with a shortest way into it.
    pub fn tell_all(&self, row: &mut Row<'_>) {
        let found = &self.found;
        row.say(format!("Of {}:", counted(found.interleavings)));
        for (memory, end) in found.ends.iter().take(MOST_TOLD) {
            row.say(format!(
                "{} with {}.",
                ending(end.interleavings),
                self.in_words(memory)
            ));
        }
        for deadlock in found.deadlocks.iter().take(MOST_TOLD) {
            let way = self.program.way_in_words(&found.way_into(deadlock));
            let ways = ending(deadlock.interleavings);
            row.say(format!(
                "{ways} in a deadlock: {deadlock}. The shortest way there: {way}."
            ));
        }
        for (number, what) in
            [(found.ends.len(), "ends"), (found.deadlocks.len(), "deadlocks")]
        {
            if number > MOST_TOLD {
                row.say(format!("There are {} more {what}.", number - MOST_TOLD));
            }
        }
    }

    /// The content of a memory: `x = 2`.
    pub fn in_words(&self, memory: &[i32]) -> String {
        let cells = self.found.cells.iter().zip(memory);
        let cells: Vec<String> =
            cells.map(|(cell, value)| format!("{cell} = {value}")).collect();
        if cells.is_empty() { "no memory".to_owned() } else { cells.join(", ") }
    }

    /// Draws an interleaving with a wrong end, or else with the first end, and an interleaving into the first deadlock. Each
    /// step takes a microsecond.
    pub fn draw(&self, group: &str, row: &mut Row<'_>) {
        let found = &self.found;
        let wrong = found
            .ends
            .iter()
            .find(|(memory, _)| self.all.is_some_and(|all| sum(memory) != all));
        let end = wrong
            .or(found.ends.first_key_value())
            .map(|(_, end)| (group.to_owned(), found.way_to(end)));
        let stuck = found.deadlocks.first().map(|deadlock| {
            (format!("{group}, deadlock"), found.way_into(deadlock))
        });
        for (group, way) in end.into_iter().chain(stuck) {
            let row_of = |worker| (name(worker).to_string(), Vec::<Event>::new());
            let mut rows: Vec<_> =
                (0..self.program.workers.len()).map(row_of).collect();
            for (time, worker) in way.into_iter().enumerate() {
                let events = &mut rows[worker].1;
                let (name, start) = (
                    self.program.workers[worker][events.len()].to_string(),
                    1000 * time as u64,
                );
                events.push(Event {
                    state: State::Runs,
                    name,
                    start,
                    end: start + 1000,
                });
            }
            row.timeline(&group, &rows);
        }
    }
}

fn counted(ways: u128) -> String {
    let number = shown(ways as f64, "interleavings");
    format!("{number} interleaving{}", if ways == 1 { "" } else { "s" })
}

fn ending(ways: u128) -> String {
    format!("{} end{}", counted(ways), if ways == 1 { "s" } else { "" })
}
