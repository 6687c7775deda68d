//! Which tool finds which bug?
//!
//! Run `cargo run -p catching-it` and look for a 0 beside `broken`, which is a missed bug, and for anything else beside
//! `right`, which is a false alarm.

mod executions;
mod verdicts;

use std::process::ExitCode;

use catching_it::tools::{self, INSIDE};
use lab::{ask, lesson};

fn main() -> ExitCode {
    // The parser refuses words that aren't UTF-8.
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map_while(|word| word.into_string().ok())
        .collect();
    match &words[..] {
        [first, rest @ ..] if first == INSIDE => tools::do_inside(rest),
        _ => lesson(
            "catching-it",
            &[ask::<verdicts::Verdicts>(), ask::<executions::Executions>()],
        ),
    }
}
