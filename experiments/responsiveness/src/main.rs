//! How late is a tick of 60 Hz while work goes on?
//!
//! Run `cargo run -p responsiveness` and look at the column `missed`, the share of frames that are never drawn. The work is
//! done on the same thread, on another thread, in another process, under a global interpreter lock, or in an asynchronous
//! runtime.

mod late;
mod python;

use std::process::ExitCode;

use lab::python::Beside;
use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("responsiveness", &[ask::<late::Late>(), ask::<Beside<python::Ticks>>()])
}
