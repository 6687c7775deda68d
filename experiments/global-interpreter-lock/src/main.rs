//! With a global interpreter lock, what overlaps, who is late, and what is lost?
//!
//! Run `cargo run -p global-interpreter-lock` and look at the last column: the time for the computing of all workers, in
//! proportion to one thread that does all of it. `-- held` tells how many hold a lock at the same instant, `-- switches` what it costs CPython
//! to hand it over.

mod cpython;
mod held;
mod interpreters;
mod overlap;
mod switches;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson(
        "global-interpreter-lock",
        &[
            ask::<overlap::Overlap>(),
            ask::<held::Held>(),
            ask::<switches::Switches>(),
        ],
    )
}
