//! Something is started, does nothing, and its end is waited for: what does that cost, as a thread and as a process?
//!
//! Run `cargo run -p spawn-cost` and compare the row `thread-spawn` with `fork-exit` and `posix-spawn`.

mod at_once;
mod cost;
mod memory;
mod over;
mod system_calls;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    let questions = [
        ask::<cost::Cost>(),
        ask::<memory::Memory>(),
        ask::<at_once::AtOnce>(),
        ask::<system_calls::SystemCalls>(),
    ];
    // It is also started by itself: as a program that does nothing, as a pool's worker, and for strace.
    spawn_cost::part().unwrap_or_else(|| lesson("spawn-cost", &questions))
}
