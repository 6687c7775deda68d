//! WRITE: the question, as the chapter asks it.
//!
//! Run `cargo run -p SLUG` and look at the column `elapsed`.

mod cost;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("SLUG", &[ask::<cost::Cost>()])
}
