//! The same messages through channels, pipes, sockets and shared memory: what costs, to leave the process or to wake a core?
//!
//! Run `cargo run -p message-passing` and compare the rows of one core with each other, and then with those of two cores.

mod places;
mod round_trip;
mod stream;
mod structs;

use std::process::ExitCode;

use lab::{ask, lesson};

fn main() -> ExitCode {
    lesson("message-passing", &[ask::<round_trip::RoundTrip>(), ask::<stream::Stream>(), ask::<structs::Struct>()])
}
