//! The second question: how many executions does loom explore, with more and more turns?

use std::io;
use std::time::Duration;

use catching_it::tools::{executions, plainly, takes};
use catching_it::{PROGRAMS, Program, TOOLS, Tool};
use lab::{Case, Chosen, Question, Report, Row};

/// How many executions does loom explore, with more and more turns of each worker?
#[derive(clap::Args)]
pub struct Executions {}

/// The programs whose executions are counted, from one turn of each worker on,
const COUNTED: [&str; 3] = ["fetch-add", "compare-exchange", "one-order"];

/// until there are more than this: the next turn may multiply them by thirty.
const MANY: u64 = 500;

/// The one of them that each tool looks at alone, so that the time of a look is its own.
const TIMED: &str = "fetch-add";

impl Question for Executions {
    const NAME: &str = "executions";
    const SHOWN: &str =
        "every execution that loom can make was explored, and none goes wrong";
    const EXAMPLES: &str = "cargo run -p catching-it -- executions";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = &'static Program;
    /// The executions by the number of turns, and how long a look takes, of no tool and of each.
    type Run = (Vec<u64>, Vec<(&'static str, Duration)>);

    fn variants() -> Vec<&'static str> {
        COUNTED.into()
    }

    fn cases(
        &self,
        _: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<&'static Program>>> {
        let counted =
            PROGRAMS.iter().filter(|program| COUNTED.contains(&program.name));
        Ok(counted
            .map(|program| Case::new(program.name, "none", program))
            .collect())
    }

    fn run(&self, case: &Case<&'static Program>) -> io::Result<Self::Run> {
        let mut found = Vec::new();
        while found.last().is_none_or(|last| *last <= MANY) {
            found.push(executions(case.given, found.len() as u64 + 1)?);
        }
        let mut times = Vec::new();
        if case.given.name == TIMED {
            // What can't be built or isn't here takes no time that could be told.
            times.extend(plainly(case.given).map(|took| ("none", took)));
            let tools = TOOLS.into_iter().filter(|tool| case.given.judges(*tool));
            times.extend(tools.filter_map(|tool: Tool| {
                Some((tool.name(), takes(tool, case.given).ok()?))
            }));
        }
        Ok((found, times))
    }

    fn tell(
        &self,
        _: &Case<&'static Program>,
        runs: &[Self::Run],
        row: &mut Row<'_>,
    ) {
        let (found, times) = &runs[0];
        for (tool, took) in times {
            row.at(tool);
            row.aside("takes", "ns", took.as_nanos() as f64);
        }
        for (turns, executions) in (1..).zip(found) {
            row.line_at(turns);
            row.words("turns of each", turns.to_string());
            row.number("executions", "executions", *executions as f64);
        }
    }
}
