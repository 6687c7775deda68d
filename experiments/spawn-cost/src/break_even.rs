//! The question: how long must a task compute before it pays to hand it over?

use std::io;
use std::path::PathBuf;

use lab::python::{Line, Shown, say_left_out};
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, machine};
use spawn_cost::{Even, HELPERS, Helper, break_even};

use crate::python::BreakEven as Script;

/// How long must a task compute before it pays to hand it to a helper?
///
/// There are two equal tasks. One thread does both, or it hands one of them over and does the other in the meantime. The column
/// `predicted` is what an empty task costs: to start or wake the helper, to send it the task, to get the result, and to wait for the
/// end of a helper that was started for it. A longer task should be done sooner by a helper. The column `measured` tells how long a
/// task must really be: it is computed from both ways' times for tasks of half to four times the predicted length (in Python, twice).
#[derive(clap::Args)]
pub struct BreakEven {
    /// Measure each length in this many rounds or more, and show the median (Python's script has its own number)
    #[arg(long, value_name = "N", default_value = "31")]
    rounds: Whole<1, 300, usize>,

    /// Use this Python interpreter; by default the newest of each kind, from the PATH and from pyenv
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

/// Helpers of ours, or what a script shows.
pub enum Given {
    Rust(Helper),
    Python(Shown),
}

/// What a run gave.
pub enum Run {
    Rust(Even),
    Python(Vec<Line>),
}

impl Question for BreakEven {
    const NAME: &str = "break-even";
    const SHOWN: &str = "every way was measured; no time is judged";
    const EXAMPLES: &str = "cargo run -p spawn-cost -- break-even
        cargo run -p spawn-cost -- break-even --variant waiting-process --rounds 300
        python3 experiments/spawn-cost/python/break_even.py        # without Rust";
    const DRAWS: bool = false;
    type Given = Given;
    type Run = Run;

    fn variants() -> Vec<&'static str> {
        let python = <Script as lab::python::Script>::WAYS;
        HELPERS
            .iter()
            .map(|helper| helper.name)
            .chain(python.iter().copied())
            .collect()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        if machine::usable_cpus() == 1 {
            report.not_here("all", "on one CPU no task is done sooner by a helper");
            return Ok(Vec::new());
        }
        let rust =
            HELPERS.map(|helper| Case::new(helper.name, "", Given::Rust(helper)));
        let python = Shown::of::<Script>(self.python.as_deref(), chosen, report)?;
        let python = python
            .into_iter()
            .map(|(name, shown)| Case::new(name, "", Given::Python(shown)));
        Ok(rust.into_iter().chain(python).collect())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Run> {
        match &case.given {
            Given::Rust(helper) => {
                break_even(*helper, self.rounds.0).map(Run::Rust)
            }
            Given::Python(shown) => shown.lines(&case.name).map(Run::Python),
        }
    }

    fn tell(&self, _: &Case<Given>, runs: &[Run], row: &mut Row<'_>) {
        let [predicted, measured] = match &runs[0] {
            Run::Rust(Even { cost, even }) => [*cost, even.unwrap_or(f64::NAN)],
            Run::Python(lines) => {
                row.ran_on(
                    lines.iter().find_map(|line| line.interpreter.as_deref()),
                );
                // The script tells what it has predicted first.
                let mut told = lines.iter().filter(|line| line.metric.is_some());
                [told.next(), told.next()]
                    .map(|line| line.map_or(f64::NAN, |line| line.value))
            }
        };
        if predicted.is_finite() {
            row.at("predicted");
            row.number_in("predicted", "break-even", "ns", predicted);
            row.at("measured");
            row.number_in("measured", "break-even", "ns", measured);
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        for Done { case, runs } in done {
            if let Run::Python(lines) = &runs[0] {
                say_left_out(&case.name, lines, report);
            }
        }
        if !done.is_empty() {
            report.say("A task that computes for less than the time in the last column is done sooner by the thread that has it. A dash there means that no length of a task made it worth while.");
        }
    }
}
