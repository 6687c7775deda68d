//! The question: in how many orders can the steps of each variant go, and how does each order end?

use std::io;

use interleavings::{Ends, VARIANTS, Variant, WORKERS, multinomial};
use lab::{Case, Chosen, Done, Question, Report, Row, Whole, Workers};

use crate::explored::Explored;

/// In how many orders can the steps of a few workers follow one another, and how does each order end?
#[derive(clap::Args)]
pub struct Ways {
    /// How many times each worker adds one
    #[arg(long, value_name = "N", default_value = "1")]
    times: Whole<1, 1000, usize>,
}

/// A variant, the number of workers, and the exploration of its program.
pub struct Given {
    variant: Variant,
    workers: usize,
    explored: Explored,
    /// Whether this is the only variant. Then all of its ends are told.
    alone: bool,
}

impl Question for Ways {
    const NAME: &str = "ways";
    const SHOWN: &str = "every variant gave the answers that we know in advance";
    const EXAMPLES: &str = "cargo run -p interleavings
        cargo run -p interleavings -- --workers 4 --times 2
        cargo run -p interleavings -- --variant opposite-order      # all its ends
        cargo run -p interleavings -- program 'load x; store x | fetch-add x 1'";
    const WORKERS: Option<Workers> = Some(Workers {
        least: *WORKERS.start(),
        most: *WORKERS.end(),
        default: Some(2),
        help: "How many workers the programs have, from 2 to 4",
    });
    const TIMES: bool = false;
    type Given = Given;
    type Run = ();

    fn variants() -> Vec<&'static str> {
        VARIANTS.map(|variant| variant.name).into()
    }

    /// Explores the programs here already, since a program that is too large is a wrong argument.
    fn cases(
        &self,
        chosen: &Chosen,
        _: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let (workers, times) = (chosen.workers, self.times.0);
        let case = |variant: Variant| {
            let program = (variant.program)(workers, times);
            let explored = Explored::new(
                variant.name,
                program,
                Some((workers * times) as i64),
            )?;
            Ok(Case::new(
                variant.name,
                workers,
                Given {
                    variant,
                    workers,
                    explored,
                    alone: chosen.variant.is_some(),
                },
            ))
        };
        VARIANTS
            .into_iter()
            .filter(|variant| chosen.wants(variant.name))
            .map(case)
            .collect()
    }

    fn run(&self, _: &Case<Given>) -> io::Result<()> {
        Ok(())
    }

    fn tell(&self, case: &Case<Given>, _: &[()], row: &mut Row<'_>) {
        let Given { explored, alone, .. } = &case.given;
        explored.count(row);
        explored.draw(&case.name, row);
        if *alone {
            explored.tell_all(row);
        }
        if !self.is_known(&case.given) {
            row.wrong();
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        if !done.is_empty() {
            report.say("“counted” is the counter's value at the end, and “right” the number of interleavings that count every addition. The bar is the share of the other interleavings.");
        }
        for (what, ends, why) in [
            (
                "Can lose updates",
                Ends::LosingUpdates,
                "Another worker comes between a load and its store.",
            ),
            (
                "Can deadlock",
                Ends::SomeInDeadlock,
                "Each worker holds a lock that another worker waits for.",
            ),
            (
                "Always right",
                Ends::Right,
                "Every order of the steps counts every addition.",
            ),
        ] {
            let is_so =
                |given: &Given| given.variant.ends == ends && self.is_known(given);
            let names: Vec<&str> = done
                .iter()
                .filter(|done| is_so(&done.case.given))
                .map(|done| done.case.variant)
                .collect();
            if !names.is_empty() {
                report.say(format!("{what}: {}. {why}", names.join(", ")));
            }
        }
    }
}

impl Ways {
    /// Whether the exploration found what is known without it.
    fn is_known(&self, Given { variant, workers, explored, .. }: &Given) -> bool {
        let (times, found) = (self.times.0, &explored.found);
        let all = (workers * times) as i64;
        let is = |count: u128, lengths: usize| {
            multinomial(&vec![lengths; *workers]).is_none_or(|known| known == count)
        };
        let is_free = found.deadlocks.is_empty();
        match variant.ends {
            // An interleaving is right if no addition is interrupted. If each worker stores at least twice, the last of all
            // stores can't be a 1: see the chapter on the shared counter.
            Ends::LosingUpdates => {
                is(found.interleavings, 3 * times)
                    && is(found.adding_up_to(all), times)
                    && explored.reach() == Some((times.min(2) as i64, all))
                    && is_free
            }
            Ends::Right => {
                found.ends.len() == 1
                    && explored.reach() == Some((all, all))
                    && is_free
            }
            Ends::SomeInDeadlock => {
                explored.reach() == Some((all, all)) && !is_free
            }
        }
    }
}
