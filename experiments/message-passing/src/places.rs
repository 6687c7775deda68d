//! Where the workers run.

use std::{env, io};

use lab::{Placement, Report, machine};
use message_passing::{Exchange, Job, Times, VARIANTS, Variant};

#[derive(clap::Args)]
pub struct Places {
    /// Run the workers in this place; by default on one core first, and then on two
    #[arg(long, value_name = "WHERE", value_parser = Placement::NAMES)]
    placement: Option<String>,
}

/// A variant, and where its workers run.
#[derive(Clone)]
pub struct Given {
    pub variant: Variant,
    pub place: &'static str,
    pub placement: Placement,
}

impl Places {
    /// Every variant at the place that was asked for, or by default at each place that this machine has. The report says what
    /// is missing.
    pub fn variants(&self, report: &mut Report) -> Vec<Given> {
        let asked = Placement::NAMES
            .into_iter()
            .find(|name| self.placement.as_deref() == Some(name));
        let mut places = Vec::new();
        for name in asked.map_or(vec!["one-core", "two-cores"], |only| vec![only]) {
            match Placement::named(name) {
                Ok(placement) => places.push((name, placement)),
                Err(why) if asked.is_some() => report.left_out(name, why),
                Err(why) => report.say(format!(
                    "Not tried on {}: {why}.",
                    name.replace('-', " ")
                )),
            }
        }
        if places.is_empty() && asked.is_none() {
            places.push(("free", Placement::FREE));
        }
        let at = |(place, placement): &(&'static str, Placement)| {
            VARIANTS.map(|variant| Given {
                variant,
                place,
                placement: placement.clone(),
            })
        };
        places.iter().flat_map(at).collect()
    }
}

impl Given {
    /// Lets the workers exchange messages of this many bytes.
    pub fn run(&self, size: usize, exchange: Exchange) -> io::Result<Times> {
        (self.variant.run)(&Job {
            placement: self.placement.clone(),
            size,
            exchange,
            program: env::current_exe,
        })
    }

    /// Whether a worker that spins keeps the other from their common CPU. Then each trip takes the rest of a time slice.
    pub fn spins_in_turns(&self) -> bool {
        self.variant.spins
            && (self.placement.cpus().len() == 1 || machine::usable_cpus() == 1)
    }
}
