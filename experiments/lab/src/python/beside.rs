//! The question that a Python script answers: what does the same show in CPython?

use std::cell::OnceCell;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::rc::Rc;

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

/// What an interpreter shows of a script: all its ways in one run, so that the script can let them take turns.
#[derive(Clone, Debug)]
pub struct Shown(Rc<Interpreter>);

#[derive(Debug)]
struct Interpreter {
    python: Python,
    script: &'static str,
    names: Vec<&'static str>,
    /// What the script printed, once it has run.
    printed: OnceCell<Result<Vec<Line>, String>>,
}

/// A line that a script prints.
#[derive(Clone, Debug, Deserialize)]
pub struct Line {
    variant: String,
    parameter: String,
    /// What was measured, if something was.
    pub metric: Option<String>,
    #[serde(default)]
    unit: String,
    /// The number.
    #[serde(default)]
    pub value: f64,
    /// The interpreter.
    pub interpreter: Option<String>,
    /// Why the interpreter can't show this.
    left_out: Option<String>,
    /// Whether this isn't as it should be.
    #[serde(default)]
    wrong: bool,
}

impl Shown {
    /// The ways of a script that are wanted and that an interpreter here can show, in the order of the table.
    ///
    /// # Errors
    /// As for [`can_show`].
    pub fn of<S: Script>(
        named: Option<&Path>,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<(&'static str, Self)>> {
        let shows = can_show(named, S::WAYS, chosen, report)?;
        let here =
            |(python, names)| Self(Rc::new(Interpreter { python, script: S::PATH, names, printed: OnceCell::new() }));
        let all: Vec<Self> = shows.into_iter().map(here).collect();
        let of = |name: &str| all.iter().find(|here| here.0.names.contains(&name)).cloned();
        Ok(S::WAYS.iter().filter_map(|name| Some((*name, of(name)?))).collect())
    }

    /// The lines of a way. The first call runs the script.
    ///
    /// # Errors
    /// The script fails.
    pub fn lines(&self, way: &str) -> io::Result<Vec<Line>> {
        let Interpreter { python, script, names, printed } = &*self.0;
        let words: Vec<String> = ["--json"].iter().chain(names).map(ToString::to_string).collect();
        let run = || python.lines(Path::new(script), &words).map_err(|error| error.to_string());
        let lines: &Vec<Line> = printed.get_or_init(run).as_ref().map_err(|why| io::Error::other(why.clone()))?;
        Ok(lines.iter().filter(|line| line.variant == way).cloned().collect())
    }
}

/// Tells of a way: a line of the table for each of its parameters, under this head, or under none.
pub fn tell(lines: &[Line], parameter: &str, row: &mut Row<'_>) {
    for (number, lines) in lines.chunk_by(|one, next| one.parameter == next.parameter).enumerate() {
        if number > 0 {
            row.line_at("");
        }
        row.at(&lines[0].parameter);
        let numbers = || lines.iter().filter_map(|line| Some((line, line.metric.as_ref()?)));
        if !parameter.is_empty() && numbers().next().is_some() {
            row.words(parameter, &lines[0].parameter);
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

/// Says why a way isn't there, if it isn't.
pub fn say_left_out(way: &str, lines: &[Line], report: &mut Report) {
    if let Some(why) = lines.iter().find_map(|line| line.left_out.as_ref()) {
        report.not_here(way, why);
    }
}

impl<S: Script + Send + Sync + 'static> Question for Beside<S> {
    const NAME: &str = "python";
    const SHOWN: &str = S::SHOWN;
    const EXAMPLES: &str = S::EXAMPLES;
    const DRAWS: bool = false;
    const TIMES: bool = S::TIMES;
    type Given = Shown;
    type Run = Vec<Line>;

    fn variants() -> Vec<&'static str> {
        S::WAYS.into()
    }

    fn cases(&self, chosen: &Chosen, report: &mut Report) -> io::Result<Vec<Case<Shown>>> {
        let shown = Shown::of::<S>(self.python.as_deref(), chosen, report)?;
        Ok(shown.into_iter().map(|(name, shown)| Case::new(name, "", shown)).collect())
    }

    fn run(&self, case: &Case<Shown>) -> io::Result<Vec<Line>> {
        case.given.lines(&case.name)
    }

    fn tell(&self, _: &Case<Shown>, runs: &[Vec<Line>], row: &mut Row<'_>) {
        tell(&runs[0], S::PARAMETER, row);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        for Done { case, runs } in done {
            say_left_out(&case.name, &runs[0], report);
        }
    }
}
