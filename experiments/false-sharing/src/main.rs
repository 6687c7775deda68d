//! Do counters that are neighbours in memory slow each other down, though no worker touches another worker's counter?
//!
//! Run `cargo run -p false-sharing` and look at the column `cost`: at which distance does it fall, and how far?

mod distances;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("false-sharing", &[ask::<distances::Distances>()])
}
