//! The same messages through channels, pipes, sockets and shared memory: what costs more, leaving the process or waking a core?
//!
//! Run `cargo run -p message-passing`. Compare the rows on one core with each other, and then with the rows on two cores.

mod places;
mod python;
mod round_trip;
mod stream;
mod structs;

use std::process::ExitCode;

use lab::python::Beside;
use lab::{Ending, ask, lesson};
use message_passing::{OTHER_END, be_the_other_end};

fn main() -> ExitCode {
    if std::env::args_os().next().is_some_and(|name| name == OTHER_END) {
        return lab::run(|| be_the_other_end().map(|()| Ending::Shown));
    }
    lesson(
        "message-passing",
        &[
            ask::<round_trip::RoundTrip>(),
            ask::<stream::Stream>(),
            ask::<structs::Struct>(),
            ask::<Beside<python::Messages>>(),
        ],
    )
}
