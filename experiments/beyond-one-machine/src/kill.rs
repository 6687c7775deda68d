//! The question: what becomes of a process when its peer dies?

use std::io;
use std::time::Duration;

use beyond_one_machine::WORKS;
use beyond_one_machine::cluster::{Task, kill_one};
use lab::{Case, Chosen, Question, Report, Row};

/// Two processes are at work, and one of them is killed: what does the other one do?
#[derive(clap::Args)]
pub struct Kill {}

/// More edges than anybody waits for.
const ENDLESS: usize = usize::MAX >> 8;

impl Question for Kill {
    const NAME: &str = "kill";
    const SHOWN: &str = "the other one noticed, and ended without a result";
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
                "The other process ended without a result, and said why: {said}."
            )),
            None => row.wrong(),
        }
    }
}
