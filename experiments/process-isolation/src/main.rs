//! A worker writes to a place in memory. Does the other worker see it, and at which address does each of them find the place?
//!
//! Run `cargo run -p process-isolation` and look at the rows of `processes`: the same address, two values. The questions are
//! what two workers have in memory (`memory`), what the kernel holds for both (`files`), and how many pages are copied after
//! a fork (`pages`).

mod anew;
mod files;
mod line;
mod pages;
mod places;

use std::io::{self, Write};
use std::process::ExitCode;

use lab::{Ending, ask, lesson};

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == anew::AS_THE_OTHER) {
        let keep = words
            .next()
            .and_then(|seconds| seconds.to_str()?.parse().ok())
            .unwrap_or(0);
        return lab::run(|| {
            io::stdout()
                .write_all(&anew::as_the_other(keep))
                .map(|()| Ending::Shown)
        });
    }
    let questions = [
        ask::<places::TwoMemories>(),
        ask::<files::InTheKernel>(),
        ask::<pages::CopyOnWrite>(),
    ];
    lesson("process-isolation", &questions)
}
