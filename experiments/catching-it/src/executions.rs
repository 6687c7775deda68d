//! The second question: how many executions does loom explore if the workers make more and more turns?

use std::io;
use std::time::Duration;

use catching_it::tools::{executions, plainly, takes};
use catching_it::{PROGRAMS, Program, TOOLS, Tool};
use lab::{Case, Chosen, Done, Question, Report, Row};

/// How many executions does loom explore, if each worker takes one turn, two turns, and so on?
#[derive(clap::Args)]
pub struct Executions {}

/// The programs whose executions are counted.
const COUNTED: [&str; 3] = ["fetch-add", "compare-exchange", "one-order"];

/// With more executions than this, the counting ends: one turn more may multiply them by thirty.
const MANY: u64 = 500;

/// The program that each tool looks at alone, to measure how long a look takes.
const TIMED: &str = "fetch-add";

impl Question for Executions {
    const NAME: &str = "executions";
    const SHOWN: &str = "loom explored every execution, and none goes wrong";
    const EXAMPLES: &str = "cargo run -p catching-it -- executions";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = &'static Program;
    /// The number of executions with 1, 2, 3 … turns; and how long the program takes, without a tool and under each tool.
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
            // A tool that isn't here, or can't be built, has no time.
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
            row.words("turns", turns.to_string());
            row.number("executions", "executions", *executions as f64);
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say("“turns” is how many times each of the two workers does its work. An execution is one run with one set of decisions by loom. None of the counted executions goes wrong.");
        }
    }
}
