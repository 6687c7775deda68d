//! The second question: how much memory does a stack cost?

use std::io;

use lab::report::shown;
use lab::{Case, Chosen, Done, Question, Report, Row, Workers};
use memory_footprint::look::{self, Sums};
use memory_footprint::{MARGIN, Unit, VARIANTS, apart};

use crate::fit;

/// How much memory does a thread's stack cost, by its size and by how much of it is touched?
#[derive(clap::Args)]
pub struct Stacks {}

/// The sizes that we compare, in KiB, from the smallest that a thread can have to the default of `ulimit -s`.
const SIZES: [usize; 5] = [16, 64, 256, 1024, 8192];

/// Threads that write to nothing of their stack, and threads that write to nearly all of it.
const UNTOUCHED: &str = "stack-untouched";
const TOUCHED: &str = "stack-touched";

/// This many threads, each with a stack as `unit` says.
pub struct Given {
    threads: usize,
    unit: Unit,
}

impl Question for Stacks {
    const NAME: &str = "stacks";
    const SHOWN: &str =
        "every stack was reserved whole, and its touched part was in memory";
    const EXAMPLES: &str = "cargo run -p memory-footprint -- stacks
        cargo run -p memory-footprint -- stacks --variant stack-touched --workers 16";
    const WORKERS: Option<Workers> = Some(Workers {
        least: 1,
        most: 16,
        default: Some(8),
        help: "Start this many threads for each size of stack",
    });
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = Given;
    /// What one more thread adds.
    type Run = Sums;

    fn variants() -> Vec<&'static str> {
        vec![UNTOUCHED, TOUCHED]
    }

    fn cases(
        &self,
        &Chosen { workers, .. }: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let case = |variant, size| {
            let touch = if variant == TOUCHED { size - MARGIN } else { 0 };
            Case::new(
                variant,
                size,
                Given {
                    threads: workers,
                    unit: Unit { stack: size, touch, one_arena: true },
                },
            )
        };
        Ok([UNTOUCHED, TOUCHED]
            .iter()
            .flat_map(|variant| SIZES.map(|size| case(variant, size)))
            .collect())
    }

    /// A first thread starts before the others, so that what it costs for all of them isn't counted.
    fn run(&self, case: &Case<Given>) -> io::Result<Sums> {
        let Given { threads, unit } = &case.given;
        fit::threads(threads + 1, unit, "--workers")?;
        let seen = apart(&VARIANTS[0], unit, &[1, threads + 1], look::processes)?;
        let [(_, before), (_, after)] = seen[..] else {
            unreachable!("there is a look for each of the two levels")
        };
        let more = after.more_than(&before);
        Ok(Sums::of(|part| part(&more) / *threads as f64))
    }

    fn tell(&self, case: &Case<Given>, runs: &[Sums], row: &mut Row<'_>) {
        let (each, unit) = (runs[0], case.given.unit);
        let [size, touched] =
            [unit.stack, unit.touch].map(|kib| 1024.0 * kib as f64);
        row.words("stack", shown(size, "bytes"));
        row.number_in("page tables", "tables", "bytes", each.page_tables);
        row.number("reserved", "bytes", each.virtual_size);
        row.number_in("in memory", "resident", "bytes", each.rss);
        // Whatever runs on a stack touches some more of it, and now and then a library's page that wasn't used before.
        let is_touched =
            (0.95 * touched..touched + 256.0 * 1024.0).contains(&each.rss);
        if each.virtual_size < size || !is_touched {
            row.wrong();
        }
    }

    fn conclude(&self, _: &[Done<Self>], report: &mut Report) {
        report.say(
            "Each row tells what one more thread adds, with a stack of this size.",
        );
        report.say_if_right(
            "The addresses of the whole stack are reserved, but only what the thread has touched takes memory.",
        );
    }
}
