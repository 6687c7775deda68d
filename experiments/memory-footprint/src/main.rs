//! How much memory does a sleeping thread cost, and how much a process?
//!
//! Run `cargo run -p memory-footprint` and compare the columns `RSS`, `all` and `machine`. Each tells what one more thread or
//! process costs: by the number that `ps` shows, by all parts added up, and by how much less memory the machine has.

mod cost;
mod fit;
mod python;
mod stacks;

use std::process::ExitCode;

use lab::python::Beside;
use lab::{Ending, ask, lesson};
use memory_footprint::{ASLEEP, sleep_on_standard_streams};

fn main() -> ExitCode {
    if std::env::args_os().next().is_some_and(|name| name == ASLEEP) {
        return lab::run(|| sleep_on_standard_streams().map(|()| Ending::Shown));
    }
    lesson(
        "memory-footprint",
        &[
            ask::<cost::Cost>(),
            ask::<stacks::Stacks>(),
            ask::<Beside<python::Memory>>(),
        ],
    )
}
