//! Builds the book, serves it and checks it.
//!
//! [`building`] renders the book in process, with [`preprocess`] in mdBook's chain, which
//! puts into [`pages`] what was measured; [`serve`] and [`watch`] are what
//! `cargo run` adds while somebody reads or writes; [`check`] finds what mdBook doesn't.

pub mod building;
pub mod check;
pub mod choosing;
pub mod head;
pub mod includes;
pub mod new;
pub mod pages;
pub mod preprocess;
pub mod run_here;
pub mod serve;
pub mod watch;

use std::fmt;
use std::io::Write;

pub use base::telling::complain;
pub(crate) use base::telling::one_line;

/// The folder of the chapters, relative to the project's root.
pub(crate) const SRC: &str = "book/src";

/// Something wrong, which prints as one line: `file:line: what; what to do`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the project's root; empty where none is to blame.
    pub file: String,
    /// The line, from 1; 0 where it isn't known.
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: String,
}

impl Problem {
    /// A problem at a line of a file.
    pub fn at(file: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.into(), line, what: what.into() }
    }

    /// A problem of the whole project.
    pub fn anywhere(what: impl Into<String>) -> Self {
        Self::at("", 0, what)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.line) {
            ("", _) => f.write_str(&self.what),
            (file, 0) => write!(f, "{file}: {}", self.what),
            (file, line) => write!(f, "{file}:{line}: {}", self.what),
        }
    }
}

/// Why a book can't be built: every reason, in order, each a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub Vec<Problem>);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Broken {}

impl From<Problem> for Broken {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl From<anyhow::Error> for Broken {
    /// Keeps the lines of a `Broken` that comes out of mdBook's chain; any other error becomes one line.
    fn from(error: anyhow::Error) -> Self {
        error.downcast().unwrap_or_else(|error| Problem::anywhere(one_line(&format!("{error:#}"))).into())
    }
}

/// Prints a line for people. If stdout is closed, nobody wants more lines, which is no reason to stop.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The line, from 1, that the byte at `offset` lies on.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
}
