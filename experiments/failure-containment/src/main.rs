//! What ends what? A panic, an abort, a fault, a kill, a hang: in a thread, and in a process.
//!
//! Run `cargo run -p failure-containment` and look at the last column: of two others, how many go on when the third has
//! failed.

use std::process::ExitCode;

use failure_containment::{Endings, Failures, Supervisors};
use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson(
        "failure-containment",
        &[ask::<Failures>(), ask::<Endings>(), ask::<Supervisors>()],
    )
}
