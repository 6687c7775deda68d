//! The furniture that the experiments share: a lesson's frame, results, timelines, workers, child processes with a deadline,
//! memory that processes share, and what this machine is.
//!
//! An experiment's `main.rs` calls [`run`] and returns what it gives back.

#[cfg(not(unix))]
compile_error!("the experiments fork processes and share mappings: build this on Linux, in WSL 2, or on macOS");

pub mod doubt;
pub mod gil;
pub mod lesson;
pub mod memory;
pub mod pages;
pub mod process;
pub mod range;
pub mod report;
pub mod robust;
pub mod shared;
pub mod strace;
pub mod team;
pub mod usage;
pub mod work;

use std::io::{self, Write};
use std::process::ExitCode;

pub use base::placement::Placement;
pub use base::{machine, placement, quantity, trace};
pub use gil::Gil;
pub use lesson::{Case, Chosen, Done, Question, Row, Workers, ask, lesson, median, of_rounds};
pub use range::Whole;
pub use report::Report;
pub use robust::RobustMutex;
pub use shared::Shared;
pub use team::{Span, Worker, processes, processes_on, threads, threads_on};
pub use trace::Trace;
pub use usage::Usage;

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
/// Whatever goes wrong is told in one line on stderr, with exit code 1, or 2 where an argument is to blame: our own errors
/// of the kind `InvalidInput`, not the system's.
pub fn run(experiment: impl FnOnce() -> io::Result<Ending>) -> ExitCode {
    match experiment() {
        Ok(Ending::Shown) => ExitCode::SUCCESS,
        Ok(Ending::NotShown) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {}", base::arguments::harmless(&error.to_string()));
            let ours = error.raw_os_error().is_none() && error.kind() == io::ErrorKind::InvalidInput;
            ExitCode::from(if ours { 2 } else { 1 })
        }
    }
}
