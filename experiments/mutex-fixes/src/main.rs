//! Workers add one to a shared counter, and every addition counts: what does each repair cost?
//!
//! Run `cargo run -p mutex-fixes` and look at the columns `lost`, which is 0 everywhere, and `waited`: the share of the
//! workers' time that went into waiting for the lock.

mod cost;
mod poisoning;
mod system_calls;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    let questions = [ask::<cost::Cost>(), ask::<system_calls::SystemCalls>(), ask::<poisoning::Poisoning>()];
    lesson("mutex-fixes", &questions)
}
