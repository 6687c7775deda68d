//! Command-line arguments: the ones that every experiment has.

use std::path::PathBuf;

pub use base::arguments::{parse, whole};

use crate::machine;

/// The most workers that an experiment accepts: enough to oversubscribe any machine, too few to bring one down.
pub const MOST_WORKERS: u64 = 1024;

/// What every experiment takes; flatten it into the experiment's own arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// How many workers; by default as many as CPUs, at least 2
    #[arg(long, value_name = "N", default_value_t = default_workers(), value_parser = whole::<usize>(1..=MOST_WORKERS), allow_negative_numbers = true)]
    pub workers: usize,

    /// Print JSON Lines: one object for each variant and metric
    #[arg(long)]
    pub json: bool,

    /// Write a timeline in the Chrome trace event format; Perfetto opens it
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
}

/// As many workers as this process may use CPUs, at least 2 and at most [`MOST_WORKERS`].
fn default_workers() -> usize {
    machine::usable_cpus().clamp(2, MOST_WORKERS as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    #[command(name = "test")]
    struct Test {
        #[command(flatten)]
        common: Arguments,
    }

    #[test]
    fn by_default_there_are_at_least_two_workers() {
        let parsed = Test::try_parse_from(["test"]).unwrap();
        assert!(parsed.common.workers >= 2);
        assert!(!parsed.common.json && parsed.common.trace.is_none());
    }
}
