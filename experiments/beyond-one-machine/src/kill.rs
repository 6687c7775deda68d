//! The third question: what becomes of a process when its peer dies?

use std::io;
use std::time::Duration;

use beyond_one_machine::WORKS;
use beyond_one_machine::cluster::{Task, kill_one};
use lab::{Case, Chosen, Question, Report, Row};

/// What does a process do if its peer is killed in the middle of their work?
#[derive(clap::Args)]
pub struct Kill {}

/// This many edges that the work doesn't end.
const ENDLESS: usize = usize::MAX >> 8;

impl Question for Kill {
    const NAME: &str = "kill";
    const SHOWN: &str = "the surviving process noticed, and ended without a result";
    const EXAMPLES: &str = "cargo run -p beyond-one-machine -- kill";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = ();
    type Run = (Duration, Option<String>);

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<()>>> {
        Ok(vec![Case::new("killed-process", 2, ())])
    }

    fn run(&self, _: &Case<()>) -> io::Result<Self::Run> {
        kill_one(Task { work: WORKS[1], size: ENDLESS })
    }

    fn tell(&self, _: &Case<()>, runs: &[Self::Run], row: &mut Row<'_>) {
        let (ended_after, said) = &runs[0];
        row.number("ended-after", "ns", ended_after.as_nanos() as f64);
        row.number("results", "results", f64::from(u8::from(said.is_none())));
        match said {
            Some(said) => row.say(format!(
                "The surviving process ended without a result, and said why: `{said}`. The column ended after tells how long after the kill that was."
            )),
            None => row.wrong(),
        }
    }
}
