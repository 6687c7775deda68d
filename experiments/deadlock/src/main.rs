//! Which workers wait for each other in a circle, and which repairs prevent that?
//!
//! Run `cargo run -p deadlock` and look at the column `deadlocked`. The lines below the table name each circle.

mod chances;
mod ends;
mod python;

use std::process::ExitCode;

use lab::python::Beside;
use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson(
        "deadlock",
        &[
            ask::<ends::HowItEnds>(),
            ask::<chances::Chances>(),
            ask::<Beside<python::Deadlocks>>(),
        ],
    )
}
