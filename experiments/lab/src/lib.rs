//! What the experiments share: the frame of their programs, results, timelines, workers, child processes with a deadline,
//! memory that processes share, and what this machine is.
//!
//! An experiment's `main.rs` calls [`lesson()`](lesson::lesson) and returns its exit code.

#[cfg(not(unix))]
compile_error!("the experiments fork processes and share mappings: build this on Linux, in WSL 2, or on macOS");

pub mod doubt;
pub mod gil;
pub mod lesson;
pub mod memory;
pub mod pages;
pub mod process;
pub mod progress;
pub mod python;
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
pub use progress::Progress;
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
    /// The experiment showed what it is there to show: exit code 0.
    Shown,
    /// The experiment didn't show it: exit code 1.
    NotShown,
}

/// Runs an experiment and turns its ending into an exit code.
///
/// Every error is told in one line on stderr. The exit code is then 2 if an argument is to blame, which is the case for our
/// own errors of the kind `InvalidInput` and not for the system's, and 1 otherwise.
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
