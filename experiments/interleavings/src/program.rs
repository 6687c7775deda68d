//! The question: in how many orders can the steps of the reader's own program go?

use std::io;

use interleavings::{Memory, Program};
use lab::{Case, Chosen, Question, Report, Row, Whole};

use crate::explored::{Explored, refuse};

/// In how many orders can the steps of your own program run, and how does each order end?
#[derive(clap::Args)]
pub struct Own {
    /// The steps of 2 to 4 workers, with `;` between steps and `|` between workers. The steps are: load x, add 1, store x,
    /// fetch-add x 1, lock a, unlock a, send c, receive c. Each name is one letter
    #[arg(value_name = "PROGRAM")]
    text: String,

    /// How many times each worker does its steps
    #[arg(long, value_name = "N", default_value = "1")]
    times: Whole<1, 1000, usize>,

    /// Give each worker a memory of its own
    #[arg(long)]
    separate: bool,
}

impl Question for Own {
    const NAME: &str = "program";
    const SHOWN: &str = "the program was explored";
    const EXAMPLES: &str = "cargo run -p interleavings -- program 'load x; store x | fetch-add x 1'
        cargo run -p interleavings -- program --separate 'send c | receive c; store x'";
    const TIMES: bool = false;
    type Given = Explored;
    type Run = ();

    fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<Explored>>> {
        let memory = if self.separate { Memory::Separate } else { Memory::Shared };
        let program = self.text.parse().and_then(|program: Program| {
            Program { memory, ..program }.repeated(self.times.0)
        });
        let program = program.map_err(|why| refuse("PROGRAM", why))?;
        Ok(vec![Case::new(
            Self::NAME,
            self.times,
            Explored::new("PROGRAM", program, None)?,
        )])
    }

    fn run(&self, _: &Case<Explored>) -> io::Result<()> {
        Ok(())
    }

    fn tell(&self, case: &Case<Explored>, _: &[()], row: &mut Row<'_>) {
        case.given.count(row);
        case.given.tell_all(row);
        case.given.draw(&case.name, row);
        for (memory, end) in &case.given.found.ends {
            row.at(case.given.in_words(memory));
            row.aside("ways", "interleavings", end.interleavings as f64);
        }
    }
}
