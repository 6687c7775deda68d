//! `comparison.json` of an edition: our figures beside those of other tools, measured on one machine in one run.
//!
//! `cargo compare` writes it, and knows what it compares. How far apart the two may be, and the command that each figure
//! comes from, stand beside it in the file. The file follows a schema of its own, [`SCHEMA`].

use std::path::Path;

use anyhow::{Result, bail, ensure};
use base::quantity::{Quantity, three_digits};
use serde::{Deserialize, Serialize};

use crate::estimate::{Estimate, Launch};
use crate::json;
use crate::provenance::Provenance;
use crate::recording::is_possible;

/// The version of the schema that this program writes. It grows when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// The file's name in an edition's folder.
pub const FILE: &str = "comparison.json";

/// `comparison.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When, from what, and under what conditions it was measured.
    pub provenance: Provenance,
    /// What was compared.
    pub rows: Vec<Row>,
    /// What couldn't be.
    pub left_out: Vec<LeftOut>,
}

/// Our figure beside another tool's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What is measured.
    pub says: String,
    /// The factor up to which one may be more than the other.
    pub limit: f64,
    /// Our figure.
    pub ours: Series,
    /// The other tool's, in the same unit.
    pub beside: Series,
    /// Other figures from the same rounds, which tell what the difference is made of.
    pub reasons: Vec<Series>,
}

/// What one command measured, round by round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// What it is, in a few words.
    pub says: String,
    /// The command, as a reader would type it.
    pub command: String,
    /// The unit of `rounds`: `ns` or `bytes`.
    pub unit: String,
    /// What it gave in each round, each time in a fresh process. The rounds of all commands of a row are the same ones.
    pub rounds: Vec<f64>,
}

/// What couldn't be compared on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The name of its row.
    pub name: String,
    /// What would have been measured.
    pub says: String,
    /// Why it wasn't, and what to do.
    pub why: String,
}

impl Comparison {
    /// Writes the comparison into an edition's folder; a reader sees the old file or the new one, never a part.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn save(&self, folder: &Path) -> Result<()> {
        json::save(&folder.join(FILE), self)
    }

    /// Whether every number is possible.
    ///
    /// # Errors
    /// Nothing stands in it, a row stands in it twice, its figures have not the same rounds or units, a number is not a
    /// positive one, or a limit is none.
    pub fn validate(&self) -> Result<()> {
        let mut names: Vec<&str> = self.rows.iter().map(|row| &row.name[..]).collect();
        names.extend(self.left_out.iter().map(|row| &row.name[..]));
        ensure!(!names.is_empty(), "it compares nothing; compare again");
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|two| two[0] == two[1]) {
            bail!("{} stands in it twice; compare again", twice[0]);
        }
        for row in &self.rows {
            let name = &row.name;
            let series = || [&row.ours, &row.beside].into_iter().chain(&row.reasons);
            ensure!(row.limit.is_finite() && row.limit >= 1.0, "{name} has a limit below 1; compare again");
            ensure!(!row.ours.rounds.is_empty(), "{name} has no round; compare again");
            let same = |series: &Series| series.rounds.len() == row.ours.rounds.len();
            ensure!(series().all(same), "{name} has not the same rounds in all its figures; compare again");
            ensure!(row.ours.unit == row.beside.unit, "{name} compares two units; compare again");
            let mut numbers = series().flat_map(|series| &series.rounds);
            let fine = |number: &f64| *number > 0.0 && is_possible(*number);
            ensure!(numbers.all(fine), "{name} has a number that isn't positive, or beyond measure; compare again");
        }
        Ok(())
    }
}

impl Row {
    /// How many times ours is the other tool's, round by round. A row that was read has at least one round.
    pub fn factor(&self) -> Option<Estimate> {
        Estimate::ratio(&self.ours.launches(), &self.beside.launches())
    }

    /// Whether neither is more than the other by more than the limit allows.
    pub fn is_within(&self) -> bool {
        self.factor().is_some_and(|factor| (1.0 / self.limit..=self.limit).contains(&factor.value))
    }

    /// The verdict in words.
    pub fn verdict(&self) -> String {
        let limit = three_digits(self.limit);
        match self.factor() {
            _ if self.is_within() => format!("within {limit}\u{a0}times"),
            Some(factor) if factor.value < 1.0 => format!("outside: less than one part in {limit}"),
            _ => format!("outside: more than {limit}\u{a0}times"),
        }
    }
}

impl Series {
    /// The median of the rounds, with the lowest and the highest.
    pub fn estimate(&self) -> Option<Estimate> {
        Estimate::of(&self.launches())
    }

    fn launches(&self) -> Vec<Launch> {
        let launch = |&median| Launch::exact(median);
        self.rounds.iter().map(launch).collect()
    }

    /// The value and its range, in words.
    pub fn in_words(&self) -> (String, String) {
        self.estimate().map_or_else(Default::default, |estimate| in_words(estimate, &self.unit))
    }
}

/// An estimate's value and its range over the rounds.
pub fn in_words(estimate: Estimate, unit: &str) -> (String, String) {
    let value = Quantity { value: estimate.value, unit }.to_string();
    let range = match estimate.launches {
        1 => "one round".to_owned(),
        _ if estimate.lower == estimate.upper => "in every round".to_owned(),
        _ => estimate.range(unit),
    };
    (value, range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::comparison;

    #[test]
    fn a_factor_is_taken_round_by_round_and_may_err_to_either_side() {
        let mut row = comparison().rows.remove(0);
        let factor = row.factor().unwrap();
        assert_eq!((factor.value, factor.lower, factor.upper, factor.launches), (1.0, 1.0, 1.2, 3));
        assert!(row.is_within());
        assert_eq!(row.verdict(), "within 1.30\u{a0}times");
        for (ours, verdict) in
            [(14.0, "outside: more than 1.30\u{a0}times"), (7.0, "outside: less than one part in 1.30")]
        {
            row.ours.rounds = vec![ours; 3];
            row.beside.rounds = vec![10.0; 3];
            assert!(!row.is_within());
            assert_eq!(row.verdict(), verdict);
        }
    }

    #[test]
    fn what_is_impossible_is_refused() {
        type Fault = fn(&mut Comparison);
        let faults: &[(Fault, &str)] = &[
            (|c| c.rows[0].ours.rounds[1] = 0.0, "thread-free has a number that isn't positive"),
            (|c| c.rows[0].beside.rounds[1] = -1.0, "isn't positive"),
            (|c| c.rows[0].reasons[0].rounds[0] = 1e200, "beyond measure"),
            (|c| c.rows[0].beside.rounds.truncate(2), "not the same rounds"),
            (|c| c.rows[0].beside.unit = "bytes".to_owned(), "two units"),
            (|c| c.rows[0].limit = 0.5, "a limit below 1"),
            (|c| c.rows[1].name = c.rows[0].name.clone(), "thread-free stands in it twice"),
            (|c| c.left_out[0].name = c.rows[0].name.clone(), "twice"),
            (
                |c| {
                    c.rows.clear();
                    c.left_out.clear();
                },
                "compares nothing",
            ),
            (
                |c| {
                    let row = &mut c.rows[0];
                    row.reasons.clear();
                    row.ours.rounds.clear();
                    row.beside.rounds.clear();
                },
                "no round",
            ),
        ];
        assert!(comparison().validate().is_ok());
        for (fault, complaint) in faults {
            let mut comparison = comparison();
            fault(&mut comparison);
            let error = comparison.validate().unwrap_err().to_string();
            assert!(error.contains(complaint) && error.ends_with("compare again"), "{error}");
        }
    }
}
