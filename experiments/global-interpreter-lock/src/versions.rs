//! The fourth question: what has the lock come to, from version to version?

use std::io;
use std::path::PathBuf;

use lab::python::{self, About, Python};
use lab::{Case, Chosen, Done, Question, Report, Row, Whole};

use crate::cpython::{self, Version};

/// What has the lock come to, from version to version of CPython?
///
/// Every version that is found runs the same script, from the oldest to the newest. The column `plain lost` is the share of the
/// additions that two threads lose in a loop of `counter += 1`. The column `two threads` compares how long two computing threads
/// take with how long one thread takes for the work of both. The column `alone` is the time of a square root on one
/// thread.
#[derive(clap::Args)]
pub struct Versions {
    /// Let each thread add one this many times
    #[arg(long, value_name = "N", default_value = "500000")]
    increments: Whole<1000, 100_000_000>,

    /// Let each thread take this many square roots
    #[arg(long, value_name = "N", default_value = "400000")]
    roots: Whole<1000, 40_000_000>,

    /// Measure in this many rounds, each with one thread and with two, and show the median
    #[arg(long, value_name = "N", default_value = "3")]
    rounds: Whole<1, 100>,

    /// Use only this Python interpreter; by default the newest of each version, from the PATH and from pyenv
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

impl Question for Versions {
    const NAME: &str = "versions";
    const SHOWN: &str =
        "every version that was found was measured; nothing is judged";
    const EXAMPLES: &str = "cargo run -p global-interpreter-lock -- versions
        cargo run -p global-interpreter-lock -- versions --python /usr/bin/python2.7";
    const DRAWS: bool = false;
    type Given = Python;
    type Run = Version;

    fn cases(
        &self,
        _: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Python>>> {
        let pythons = python::versions(self.python.as_deref(), report)?;
        Ok(pythons
            .into_iter()
            .map(|python| Case::new("cpython", short(&python.about), python))
            .collect())
    }

    fn run(&self, case: &Case<Python>) -> io::Result<Version> {
        let much = [self.increments.0, self.roots.0, self.rounds.0];
        cpython::version(&case.given, much)
    }

    fn tell(&self, case: &Case<Python>, runs: &[Version], row: &mut Row<'_>) {
        let Version { lost, two_threads, alone } = &runs[0];
        row.ran_on(Some(&case.given.about.to_string()));
        row.words("version", &case.parameter);
        row.number("plain-lost", "%", 100.0 * lost);
        row.number("two-threads", "times", *two_threads);
        row.number("alone", "ns", 1e9 * alone);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if done.is_empty() {
            report
                .left_out("cpython", "there is no CPython; name one with --python");
        } else {
            report.say("A version with a t is built without the lock.");
        }
    }
}

/// `3.13`, or `3.13t` for a build without the lock.
fn short(about: &About) -> String {
    let (major, minor, _) = about.version;
    format!("{major}.{minor}{}", if about.locked { "" } else { "t" })
}
