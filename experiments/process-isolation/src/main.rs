//! A worker writes. Does the other one see it, and where do both think that the written thing lies?
//!
//! Run `cargo run -p process-isolation` and look at the rows of `processes`: the same address, two values. In each question
//! the variants are siblings of one signature: what two workers hold in their memory (`places`), what the kernel holds for
//! both (`files`), and what a write to pages that a fork has copied costs (`pages`).

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
