//! In how many ways can the steps of a few workers follow one another, and where does each way end?
//!
//! Run `cargo run -p interleavings` and look at the columns `interleavings` and `right`: how many of them end with every
//! addition there.

mod explored;
mod program;
mod ways;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("interleavings", &[ask::<ways::Ways>(), ask::<program::Own>()])
}
