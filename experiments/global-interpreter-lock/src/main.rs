//! What overlaps under a global interpreter lock, what is late, and what is lost?
//!
//! Run `cargo run -p global-interpreter-lock` and look at the last column. It compares how long all workers compute at once
//! with how long one thread takes for all of their work. `-- held` tells how many workers hold a lock at the same instant,
//! `-- switches` what it costs CPython to hand its lock over, and `-- versions` what changed from version to version.

mod cpython;
mod held;
mod overlap;
mod switches;
mod versions;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson(
        "global-interpreter-lock",
        &[
            ask::<overlap::Overlap>(),
            ask::<held::Held>(),
            ask::<switches::Switches>(),
            ask::<versions::Versions>(),
        ],
    )
}
