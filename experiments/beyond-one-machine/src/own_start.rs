//! The second question: how long does the engine take to connect two processes by itself?

use std::io;

use beyond_one_machine::WORKS;
use beyond_one_machine::cluster::{Run, Task, own_start};
use lab::{Case, Chosen, Done, Question, Report, Row};

/// How long do two processes take to start if the engine connects them by itself?
#[derive(clap::Args)]
pub struct OwnStart {}

impl Question for OwnStart {
    const NAME: &str = "own-start";
    const SHOWN: &str = "both processes started";
    const EXAMPLES: &str = "cargo run -p beyond-one-machine -- own-start";
    const DRAWS: bool = false;
    type Given = ();
    type Run = Run;

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<()>>> {
        Ok(vec![Case::new("own-start", 2, ())])
    }

    fn run(&self, _: &Case<()>) -> io::Result<Run> {
        own_start(Task { work: WORKS[0], size: 1 })
    }

    fn tell(&self, _: &Case<()>, runs: &[Run], row: &mut Row<'_>) {
        row.number("start-up", "ns", runs[0].start_up.as_nanos() as f64);
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say("If a process doesn't find its peer, the engine lets it sleep for a second before it looks again. So two processes that don't start at the same moment take a second longer.");
        }
    }
}
