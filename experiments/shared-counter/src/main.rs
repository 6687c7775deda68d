//! Does every addition to a shared counter count?
//!
//! Run `cargo run -p shared-counter` and look at the column `lost`: it counts the additions that the counter doesn't show
//! at the end. `-- python` shows the same in CPython.

mod lost;
mod python;

use std::process::ExitCode;

use lab::python::Beside;
use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("shared-counter", &[ask::<lost::Lost>(), ask::<Beside<python::Count>>()])
}
