//! The question: what does a start cost over the memory of the process that starts?

use std::io;

use lab::pages::Kind;
use lab::{Case, Chosen, Done, Question, Report, Row, Whole};
use spawn_cost::{Conditions, Variant, fits, variant};

use crate::over::{self, Flags, Given, Run};

/// What does a start cost over the memory that the process which starts it has touched?
#[derive(clap::Args)]
pub struct Memory {
    /// How much memory it has touched, in MB of 2^20 bytes
    #[arg(long, value_name = "MB,MB...", value_delimiter = ',', default_value = "0,64,256,1024")]
    memory: Vec<Whole<0, 4096, usize>>,

    #[command(flatten)]
    flags: Flags,
}

impl Question for Memory {
    const NAME: &str = "memory";
    const SHOWN: &str = "everything was started and ended, and was measured";
    const EXAMPLES: &str = "cargo run -p spawn-cost -- memory
        cargo run -p spawn-cost -- memory --memory 0,2048 --variant fork-exit --placement one-core";
    const DRAWS: bool = false;
    type Given = Given;
    type Run = Run;

    fn variants() -> Vec<&'static str> {
        vec!["thread-spawn", "vfork-exit", "posix-spawn", "fork-exit", "fork-exec"]
    }

    fn cases(&self, chosen: &Chosen, report: &mut Report) -> io::Result<Vec<Case<Given>>> {
        let mut fit = |mb: &usize| fits(*mb).map_err(|error| report.left_out(&format!("{mb} MB"), error)).is_ok();
        let values: Vec<usize> = self.memory.iter().map(|mb| mb.0).filter(|mb| fit(mb)).collect();
        if values.is_empty() {
            return Ok(Vec::new());
        }
        // A copy of a large process takes as long as a thousand other starts.
        let times = |name: &str| self.flags.times(if name.starts_with("fork") { 5 } else { 30 });
        let wanted = Self::variants().into_iter().filter(|name| chosen.wants(name));
        let variants: Vec<(Variant, usize)> = wanted.map(|name| (variant(name), times(name))).collect();
        // Huge pages matter to what copies the tables of its parent's memory.
        let copies: Vec<_> = variants.iter().filter(|(variant, _)| variant.name == "fork-exit").copied().collect();
        let cases = self.flags.placements(report).into_iter().flat_map(|(name, placement)| {
            let over = |pages| {
                let on = Conditions { pages, ..Conditions::on(placement.clone()) };
                values.iter().map(move |&memory| (memory.to_string(), Conditions { memory, ..on.clone() }))
            };
            let huge = over::cases(&copies, name, over(Kind::PrivateHuge)).into_iter();
            let huge = huge.map(|case| case.named("fork-exit-huge-pages"));
            over::cases(&variants, name, over(Kind::Private)).into_iter().chain(huge)
        });
        Ok(cases.collect())
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Run> {
        over::run(case)
    }

    fn tell(&self, case: &Case<Given>, runs: &[Run], row: &mut Row<'_>) {
        row.words("placement", &case.parameter);
        over::tell(case, &runs[0], &format!("over-memory-{}", case.parameter), " MB", row);
    }

    fn conclude(&self, _: &[Done<Self>], report: &mut Report) {
        report.say("The time of one start, over the memory that the process which starts it has touched. A fork copies an entry for each page of it, and of huge pages there are fewer.");
    }
}
