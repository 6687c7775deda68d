//! Does every addition to a shared counter count?
//!
//! Run `cargo run -p shared-counter` and look at the column `lost`: additions that were made and can't be found.

mod lost;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("shared-counter", &[ask::<lost::Lost>()])
}
