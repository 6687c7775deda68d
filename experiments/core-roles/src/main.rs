//! May any worker take any task, or should a core be kept for a role?
//!
//! Run `cargo run -p core-roles` and look at the columns `makespan` and `urgent`: which way is done first, and in which way do
//! urgent tasks wait least? `cargo run -p core-roles -- cores` asks another question: are this machine's cores equal?

mod cores;
mod roles;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("core-roles", &[ask::<roles::Roles>(), ask::<cores::Cores>()])
}
