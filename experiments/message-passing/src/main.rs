//! The same messages through channels, pipes, sockets and shared memory: what costs, to leave the process or to wake a core?
//!
//! Run `cargo run -p message-passing` and compare the rows of one core with each other, and then with those of two cores.

mod round_trip;
mod stream;
mod structs;

use std::process::ExitCode;

use lab::{Placement, Report, ask, lesson};

fn main() -> ExitCode {
    lesson("message-passing", &[ask::<round_trip::RoundTrip>(), ask::<stream::Stream>(), ask::<structs::Struct>()])
}

/// Where workers are to run, under its name.
type Place = (&'static str, Placement);

/// The placements that are asked for, or by default those that there are; what is missing is said.
fn places(asked: Option<&str>, report: &mut Report) -> Vec<Place> {
    let asked = Placement::NAMES.into_iter().find(|name| asked == Some(name));
    let mut places = Vec::new();
    for name in asked.map_or(vec!["one-core", "two-cores"], |only| vec![only]) {
        match Placement::named(name) {
            Ok(placement) => places.push((name, placement)),
            Err(why) if asked.is_some() => report.left_out(name, why),
            Err(why) => report.say(format!("Not tried on {}: {why}.", name.replace('-', " "))),
        }
    }
    if places.is_empty() && asked.is_none() {
        places.push(("free", Placement::FREE));
    }
    places
}
