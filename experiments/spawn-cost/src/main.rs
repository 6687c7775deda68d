//! What does it cost to start a thread or a process that does nothing, and to wait for its end?
//!
//! Run `cargo run -p spawn-cost` and compare the row `thread-spawn` with `fork-exit` and `posix-spawn`.

mod at_once;
mod break_even;
mod cost;
mod memory;
mod over;
mod python;
mod system_calls;

use std::process::ExitCode;

use lab::python::Beside;
use lab::{ask, lesson};

fn main() -> ExitCode {
    let questions = [
        ask::<cost::Cost>(),
        ask::<memory::Memory>(),
        ask::<at_once::AtOnce>(),
        ask::<system_calls::SystemCalls>(),
        ask::<break_even::BreakEven>(),
        ask::<Beside<python::Start>>(),
    ];
    // This program also starts itself: as a program that does nothing, as a worker of a pool, for a single task, and for strace.
    spawn_cost::part().unwrap_or_else(|| lesson("spawn-cost", &questions))
}
