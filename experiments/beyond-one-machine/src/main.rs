//! How many cores does a distributed engine need to beat one plain thread?
//!
//! Run `cargo run -p beyond-one-machine` and look at the column `speed up`. It tells how many times as fast as one plain thread
//! the engine is, start-up and end included.

mod cost;
mod kill;
mod own_start;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson(
        "beyond-one-machine",
        &[ask::<cost::Cost>(), ask::<own_start::OwnStart>(), ask::<kill::Kill>()],
    )
}
