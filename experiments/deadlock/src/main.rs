//! Workers that wait for each other: who holds what, who waits for what, and what prevents that nobody goes on?
//!
//! Run `cargo run -p deadlock` and look at the column `deadlocked`; the lines below the table name each cycle.

mod chances;
mod ends;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("deadlock", &[ask::<ends::HowItEnds>(), ask::<chances::Chances>()])
}
