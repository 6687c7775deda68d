//! The second question: how many executions does loom explore, with more and more turns?

use std::io;
use std::time::Duration;

use catching_it::tools::{executions, plainly};
use catching_it::{PROGRAMS, Program};
use lab::{Case, Chosen, Question, Report, Row};

/// How many executions does loom explore, with more and more turns of each worker?
#[derive(clap::Args)]
pub struct Executions {}

/// The programs whose executions are counted, from one turn of each worker on,
const COUNTED: [&str; 3] = ["fetch-add", "compare-exchange", "one-order"];

/// until there are more than this: the next turn may multiply them by thirty.
const MANY: u64 = 500;

impl Question for Executions {
    const NAME: &str = "executions";
    const SHOWN: &str = "every execution was explored, and none goes wrong";
    const EXAMPLES: &str = "cargo run -p catching-it -- executions";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = &'static Program;
    /// The executions by the number of turns, and how long the program takes with no tool, where it can be built.
    type Run = (Vec<u64>, Option<Duration>);

    fn variants() -> Vec<&'static str> {
        COUNTED.into()
    }

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<&'static Program>>> {
        let counted = PROGRAMS.iter().filter(|program| COUNTED.contains(&program.name));
        Ok(counted.map(|program| Case::new(program.name, "none", program)).collect())
    }

    fn run(&self, case: &Case<&'static Program>) -> io::Result<Self::Run> {
        let mut found = Vec::new();
        while found.last().is_none_or(|last| *last <= MANY) {
            found.push(executions(case.given, found.len() as u64 + 1)?);
        }
        Ok((found, plainly(case.given).ok()))
    }

    fn tell(&self, _: &Case<&'static Program>, runs: &[Self::Run], row: &mut Row<'_>) {
        let (found, plainly) = &runs[0];
        row.aside("takes", "ns", plainly.map_or(f64::NAN, |took| took.as_nanos() as f64));
        for (turns, executions) in (1..).zip(found) {
            row.line_at(turns);
            row.words("turns of each", turns.to_string());
            row.number("executions", "executions", *executions as f64);
        }
    }
}
