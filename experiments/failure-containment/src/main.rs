//! What else ends when a thread or a process panics, aborts, hangs or is killed?
//!
//! Run `cargo run -p failure-containment` and look at the last column. It counts how many of two others, main and a bystander,
//! go on when the victim has failed.

mod python;

use std::process::ExitCode;

use failure_containment::{Endings, Failures, Supervisors};
use lab::python::Beside;
use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson(
        "failure-containment",
        &[
            ask::<Failures>(),
            ask::<Endings>(),
            ask::<Supervisors>(),
            ask::<Beside<python::Failures>>(),
        ],
    )
}
