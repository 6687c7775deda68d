//! How late is a tick of 60 Hz while work goes on?
//!
//! Run `cargo run -p responsiveness` and look at the column `missed`: how many frames are never drawn, beside work on the same thread,
//! another thread, another process, under a global interpreter lock, in an asynchronous runtime.

mod late;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("responsiveness", &[ask::<late::Late>()])
}
