//! The question: how does the cost of a start depend on the memory of the starting process?

use std::io;

use lab::pages::Mapping;
use lab::report::thousands;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole};
use spawn_cost::{Conditions, Measured, fits, variant};

use crate::over::{self, Flags, Given};

/// How does the cost of a start grow with the memory that the starting process has touched?
#[derive(clap::Args)]
pub struct Memory {
    /// How much memory the starting process has touched, in MB of 2^20 bytes
    #[arg(
        long,
        value_name = "MB,MB...",
        value_delimiter = ',',
        default_value = "0,64,256,1024"
    )]
    memory: Vec<Whole<0, 4096, usize>>,

    #[command(flatten)]
    flags: Flags,
}

const VARIANTS: [&str; 5] =
    ["thread-spawn", "vfork-exit", "posix-spawn", "fork-exit", "fork-exec"];

/// The fork of a process whose memory consists of huge pages.
const HUGE: &str = "fork-exit-huge-pages";

impl Question for Memory {
    const NAME: &str = "memory";
    const SHOWN: &str = "every start was measured, and every child ended well";
    const EXAMPLES: &str = "cargo run -p spawn-cost -- memory
        cargo run -p spawn-cost -- memory --memory 0,2048 --variant fork-exit";
    const DRAWS: bool = false;
    type Given = Given;
    type Run = Vec<Measured>;

    fn variants() -> Vec<&'static str> {
        VARIANTS.into()
    }

    fn other_names() -> Vec<[&'static str; 2]> {
        vec![[HUGE, "fork-exit"]]
    }

    fn cases(
        &self,
        _: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let mut fit = |mb: &usize| {
            fits(*mb)
                .map_err(|error| {
                    let what = format!("{} MB", thousands(*mb as u64));
                    report.left_out(&what, error);
                })
                .is_ok()
        };
        let values: Vec<usize> =
            self.memory.iter().map(|mb| mb.0).filter(|mb| fit(mb)).collect();
        let mut cases = Vec::new();
        if values.is_empty() {
            return Ok(cases);
        }
        for (place, on) in self.flags.conditions(30, report) {
            let mut add = |name: &'static str, pages, called: &str| {
                // Copying a large process takes as long as a thousand other starts.
                let times = if name.starts_with("fork") {
                    self.flags.times(5)
                } else {
                    on.times
                };
                let at = |memory: &usize| {
                    (
                        memory.to_string(),
                        Conditions { memory: *memory, pages, times, ..on.clone() },
                    )
                };
                let given = (variant(name), values.iter().map(at).collect());
                cases.push(Case::new(name, place, given).named(called));
            };
            VARIANTS.into_iter().for_each(|name| add(name, Mapping::Private, name));
            // Huge pages matter to a fork, which copies the tables of its parent's memory.
            add("fork-exit", Mapping::PrivateHuge, HUGE);
        }
        Ok(cases)
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Vec<Measured>> {
        over::run(case)
    }

    fn tell(&self, case: &Case<Given>, runs: &[Vec<Measured>], row: &mut Row<'_>) {
        row.words("placement", &case.parameter);
        over::tell(
            case,
            &runs[0],
            &format!("over-memory-{}", case.parameter),
            " MB",
            row,
        );
    }

    fn conclude(&self, _: &[Done<Self>], report: &mut Report) {
        report.say("Each time is that of one start. The column heads say how much memory the starting process has touched. A fork copies an entry for each page of this memory, and there are fewer entries if the pages are huge.");
    }
}
