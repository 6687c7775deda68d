//! Workers add one to a shared counter, and every addition counts: what does each repair cost?
//!
//! Run `cargo run -p mutex-fixes` and look at the column `lost`, which is 0 everywhere, and at the times in `took`.

mod cost;
mod poisoning;
mod system_calls;
mod turns;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    let questions = [
        ask::<cost::Cost>(),
        ask::<turns::Turns>(),
        ask::<system_calls::SystemCalls>(),
        ask::<poisoning::Poisoning>(),
    ];
    lesson("mutex-fixes", &questions)
}
