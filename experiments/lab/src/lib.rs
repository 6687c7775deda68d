//! The furniture that the experiments share: arguments, results, timelines, workers, child processes with a deadline,
//! memory that processes share, and what this machine is.
//!
//! An experiment's `main.rs` calls [`run`] and returns what it gives back.

pub mod arguments;
pub mod machine;
pub mod process;
pub mod report;
pub mod shared;
pub mod team;
pub mod trace;

use std::io;
use std::process::ExitCode;

pub use arguments::{Arguments, parse};
pub use report::Report;
pub use shared::Shared;
pub use team::{Span, Worker, processes, threads};
pub use trace::Trace;

/// How an experiment ended, as its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It showed what it is there to show: exit code 0.
    Shown,
    /// It didn't: exit code 1.
    NotShown,
}

/// Runs an experiment and turns its ending into an exit code.
///
/// A reader that has seen enough (`| head -1`) is an end like any other. Whatever else goes wrong is told in one line
/// on stderr, with exit code 1, or 2 where an argument is to blame.
pub fn run(experiment: impl FnOnce() -> io::Result<Ending>) -> ExitCode {
    match experiment() {
        Ok(Ending::Shown) => ExitCode::SUCCESS,
        Ok(Ending::NotShown) => ExitCode::from(1),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if error.kind() == io::ErrorKind::InvalidInput { 2 } else { 1 })
        }
    }
}
