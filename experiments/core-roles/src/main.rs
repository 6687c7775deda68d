//! May any worker take any task, or has a core a role of its own?
//!
//! Run `cargo run -p core-roles` and look at the columns `makespan` and `urgent`: which way ends first, and which keeps nobody
//! waiting. `cargo run -p core-roles -- cores` asks another question: are this machine's cores equal?

mod cores;
mod roles;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("core-roles", &[ask::<roles::Roles>(), ask::<cores::Cores>()])
}
