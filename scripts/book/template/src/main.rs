//! WRITE: the question, as the chapter asks it.
//!
//! Run `cargo run -p SLUG` and look at the column `time`.

mod cost;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("SLUG", &[ask::<cost::Cost>()])
}
