//! What does a thread that sleeps cost in memory, and what does a process?
//!
//! Run `cargo run -p memory-footprint` and look at the columns `RSS`, `machine` and `all`, each for one more: what is usually
//! added up, what the machine has less, and what the kernel counts in all its places.

mod cost;
mod fit;
mod stacks;

use std::process::ExitCode;

use lab::{Ending, ask, lesson};
use memory_footprint::{ASLEEP, sleep_on_standard_streams};

fn main() -> ExitCode {
    if std::env::args_os().next().is_some_and(|name| name == ASLEEP) {
        return lab::run(|| sleep_on_standard_streams().map(|()| Ending::Shown));
    }
    lesson("memory-footprint", &[ask::<cost::Cost>(), ask::<stacks::Stacks>()])
}
