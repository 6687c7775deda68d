//! The question that a Python script answers: what does the same show in CPython?

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use super::{Python, can_show};
use crate::{Case, Chosen, Done, Question, Report, Row};

/// A script that stands beside the Rust of an experiment and measures the same in Python. It prints what it has measured by
/// `tell` in `told.py`.
pub trait Script {
    /// The script's path.
    const PATH: &'static str;
    /// What exit code 0 says, in a sentence without a full stop.
    const SHOWN: &'static str;
    /// Command lines to try, one a line.
    const EXAMPLES: &'static str;
    /// The names of its ways, in the order of the table: with `python-` for an interpreter with a lock, and with `python-free-` for
    /// one without.
    const WAYS: &'static [&'static str];
    /// Whether it compares times.
    const TIMES: bool = true;
    /// What the parameter is, for the head of its column; nothing if the table needs none.
    const PARAMETER: &'static str = "";
}

/// What does the same show in CPython?
///
/// A script in Python measures it, which you can also run by hand, without Rust: `python3` with the script's path prints the
/// same table.
#[derive(Args)]
pub struct Beside<S: Script + Send + Sync + 'static> {
    /// Use this Python interpreter; by default the newest of each kind, from the PATH and from pyenv
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,

    #[arg(skip)]
    script: PhantomData<S>,
}

/// A line that a script prints.
#[derive(Debug, Deserialize)]
pub struct Line {
    parameter: String,
    metric: Option<String>,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    value: f64,
    interpreter: Option<String>,
    /// Why the interpreter can't show this.
    left_out: Option<String>,
    /// Whether this isn't as it should be.
    #[serde(default)]
    wrong: bool,
}

impl<S: Script + Send + Sync + 'static> Question for Beside<S> {
    const NAME: &str = "python";
    const SHOWN: &str = S::SHOWN;
    const EXAMPLES: &str = S::EXAMPLES;
    const DRAWS: bool = false;
    const TIMES: bool = S::TIMES;
    type Given = Python;
    type Run = Vec<Line>;

    fn variants() -> Vec<&'static str> {
        S::WAYS.into()
    }

    fn cases(&self, chosen: &Chosen, report: &mut Report) -> io::Result<Vec<Case<Python>>> {
        let shows = can_show(self.python.as_deref(), S::WAYS, chosen, report)?;
        let of = |name: &str| shows.iter().find(|(_, names)| names.contains(&name)).map(|(python, _)| python.clone());
        Ok(S::WAYS.iter().filter_map(|name| Some(Case::new(name, "", of(name)?))).collect())
    }

    fn run(&self, case: &Case<Python>) -> io::Result<Vec<Line>> {
        case.given.lines(Path::new(S::PATH), &["--json".to_owned(), case.name.clone()])
    }

    fn tell(&self, _: &Case<Python>, runs: &[Vec<Line>], row: &mut Row<'_>) {
        for (number, lines) in runs[0].chunk_by(|one, next| one.parameter == next.parameter).enumerate() {
            if number > 0 {
                row.line_at("");
            }
            row.at(&lines[0].parameter);
            let numbers = || lines.iter().filter_map(|line| Some((line, line.metric.as_ref()?)));
            if !S::PARAMETER.is_empty() && numbers().next().is_some() {
                row.words(S::PARAMETER, &lines[0].parameter);
            }
            for (line, metric) in numbers() {
                row.ran_on(line.interpreter.as_deref());
                row.number(metric, &line.unit, line.value);
            }
            if lines.iter().any(|line| line.wrong) {
                row.wrong();
            }
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        for Done { case, runs } in done {
            if let Some(why) = runs[0].iter().find_map(|line| line.left_out.as_ref()) {
                report.not_here(&case.name, why);
            }
        }
    }
}
