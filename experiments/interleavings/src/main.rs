//! In how many orders can the steps of a few workers follow one another, and how does each order end?
//!
//! Run `cargo run -p interleavings` and compare the columns `interleavings` and `right`: how many interleavings are there, and
//! in how many of them is every addition counted?

mod explored;
mod program;
mod ways;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("interleavings", &[ask::<ways::Ways>(), ask::<program::Own>()])
}
