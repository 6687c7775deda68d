//! Does every addition to a shared counter count?
//!
//! Run `cargo run -p shared-counter` and look at the column `lost`: it counts the additions that the counter doesn't show
//! at the end.

mod lost;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("shared-counter", &[ask::<lost::Lost>()])
}
