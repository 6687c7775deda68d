//! The same tasks one after the other, on threads, in processes, by rayon, and by an async runtime in three ways. Which way is
//! done sooner if the tasks compute, and which if they wait?
//!
//! Run `cargo run -p cpu-vs-io`. In the column `speed up`, compare the rows that compute with the rows that wait.

mod measured;
mod python;
mod turns;
mod waits;
mod ways;
mod workers;

use std::process::ExitCode;

use cpu_vs_io::{WORKER, work_as_a_program};
use lab::python::Beside;
use lab::{Ending, ask, lesson};

fn main() -> ExitCode {
    if std::env::args_os().next().is_some_and(|name| name == WORKER) {
        return lab::run(|| work_as_a_program().map(|()| Ending::Shown));
    }
    let questions = [
        ask::<ways::Ways>(),
        ask::<workers::OverWorkers>(),
        ask::<waits::Waits>(),
        ask::<turns::Turns>(),
        ask::<Beside<python::Work>>(),
    ];
    lesson("cpu-vs-io", &questions)
}
