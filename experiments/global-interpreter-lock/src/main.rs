//! With a global interpreter lock, what overlaps, who is late, and what is lost?
//!
//! Run `cargo run -p global-interpreter-lock` and look at the last column: the time for the computing of all workers, in
//! proportion to one thread that does all of it.

mod cpython;
mod overlap;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("global-interpreter-lock", &[ask::<overlap::Overlap>()])
}
