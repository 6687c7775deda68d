//! The second question: can two workers hold a global interpreter lock at the same instant?

use std::io;
use std::path::PathBuf;

use global_interpreter_lock::HOLDINGS;
use lab::python::{self, Python};
use lab::{Case, Chosen, Done, Question, Report, Row};

use crate::cpython::{self, Way};

/// Can two workers hold a global interpreter lock at the same instant?
///
/// Each worker takes its lock, says so in memory that both see, and keeps the lock while it looks whether the other has said
/// so, too. If each has seen the other, both held a lock at that instant, and that takes two locks.
#[derive(clap::Args)]
pub struct Held {
    /// Use this Python interpreter; by default the newest with a lock and the newest without, from the PATH and from pyenv
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

/// What CPython shows, with the functions of `held.py`.
const IN_PYTHON: [Way; 4] = [
    ("python-threads", "threads"),
    ("python-fork", "fork"),
    ("python-subinterpreters", "subinterpreters"),
    ("python-free-threads", "threads"),
];

impl Question for Held {
    const NAME: &str = "held";
    const SHOWN: &str = "two workers with a lock each held their locks at the same instant, and two workers with one lock never did";
    const EXAMPLES: &str = "cargo run -p global-interpreter-lock -- held
        taskset -c 0 cargo run -p global-interpreter-lock -- held        # on one core";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = (Option<Python>, Box<dyn Fn() -> io::Result<usize>>);
    type Run = usize;

    fn variants() -> Vec<&'static str> {
        HOLDINGS
            .map(|(name, _)| name)
            .into_iter()
            .chain(IN_PYTHON.map(|(name, _)| name))
            .collect()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Self::Given>>> {
        let names = IN_PYTHON.map(|(name, _)| name);
        let in_python =
            python::can_show(self.python.as_deref(), &names, chosen, report)?;
        let mut cases: Vec<Case<Self::Given>> = HOLDINGS
            .map(|(name, held)| Case::new(name, 2, (None, Box::new(held) as _)))
            .into();
        for (python, names) in in_python {
            let held = |python: Python, name| -> Self::Given {
                let way = cpython::function(&IN_PYTHON, name);
                let here = python.clone();
                (Some(here), Box::new(move || cpython::held(&python, way)))
            };
            cases.extend(
                names
                    .into_iter()
                    .map(|name| Case::new(name, 2, held(python.clone(), name))),
            );
        }
        Ok(cases)
    }

    fn run(&self, case: &Case<Self::Given>) -> io::Result<usize> {
        (case.given.1)()
    }

    fn tell(&self, case: &Case<Self::Given>, runs: &[usize], row: &mut Row<'_>) {
        let python = case.given.0.as_ref();
        row.ran_on(python.map(|python| python.about.to_string()).as_deref());
        row.number("held-at-once", "workers", runs[0] as f64);
        let share_one = matches!(case.variant, "gil-threads" | "python-threads");
        if runs[0] != if share_one { 1 } else { 2 } {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say("The number 2 means that each worker saw the other hold a lock, or run without a lock, before it gave up its own. So the two share no lock. The number 1 means that a worker had to wait until the other gave the lock up.");
        }
    }
}
