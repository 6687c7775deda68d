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
pub const SCHEMA: u32 = 2;

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

/// Our figure beside another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What is measured.
    pub says: String,
    /// Whether the program beside ours is one that we didn't write.
    pub independent: bool,
    /// The factor up to which one may be more than the other.
    pub limit: f64,
    /// Our figure.
    pub ours: Series,
    /// The other program's, in the same unit.
    pub beside: Series,
    /// Other figures from the same rounds, which tell what the difference is made of.
    pub reasons: Vec<Series>,
    /// What that one of the reasons says in which all of the difference that is known is done beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained_by: Option<String>,
}

/// What one command measured, round by round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// What it is, in a few words.
    pub says: String,
    /// The command, as a reader would type it.
    pub command: String,
    /// The unit of `rounds`, such as `ns`.
    pub unit: String,
    /// What it gave in each round: the median of a few launches. The rounds of all commands of a row are the same ones.
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

/// What the whole interval of a row's factor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It lies within the limit.
    Within,
    /// It doesn't, but that of the factor to what the row is explained by does.
    Explained,
    /// It crosses the limit, so nobody can tell.
    Open,
    /// It lies outside.
    Outside,
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
    /// positive one, a limit is none, or a row is explained by what isn't there.
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
            ensure!(row.limit.is_finite() && row.limit >= 1.0, "{name} has a limit below 1; compare again");
            ensure!(!row.ours.rounds.is_empty(), "{name} has no round; compare again");
            let same = |series: &Series| series.rounds.len() == row.ours.rounds.len();
            ensure!(row.all().all(same), "{name} has not the same rounds in all its figures; compare again");
            let explained = row.explanation();
            ensure!(
                row.explained_by.is_some() == explained.is_some(),
                "{name} is explained by what isn't there; compare again"
            );
            let mut beside = [Some(&row.beside), explained].into_iter().flatten();
            let times = row.ours.unit == "ns" && beside.all(|series| series.unit == "ns");
            ensure!(times, "{name} compares what isn't a time in ns; compare again");
            let mut numbers = row.all().flat_map(|series| &series.rounds);
            let fine = |number: &f64| *number > 0.0 && is_possible(*number);
            ensure!(numbers.all(fine), "{name} has a number that isn't positive, or beyond measure; compare again");
        }
        Ok(())
    }
}

impl Row {
    /// All its figures, ours first, then the one beside it.
    pub fn all(&self) -> impl Iterator<Item = &Series> {
        [&self.ours, &self.beside].into_iter().chain(&self.reasons)
    }

    /// Our figure and the other one as they are shown, in words: those of the round whose quotient is in the middle.
    pub fn figures(&self, series: &Series) -> Option<(String, String)> {
        let mut rounds: Vec<(f64, f64)> = self.ours.rounds.iter().copied().zip(series.rounds.iter().copied()).collect();
        rounds.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
        let (ours, other) = *rounds.get(rounds.len().checked_sub(1)? / 2)?;
        let words = |value, unit| Quantity { value, unit }.to_string();
        Some((words(ours, &self.ours.unit), words(other, &series.unit)))
    }

    /// How many times ours is the other one: the quotient of the two figures as they are shown, so that who divides them gets
    /// what we get, with the interval of the quotients round by round. Only of times.
    pub fn factor_to(&self, series: &Series) -> Option<Estimate> {
        let paired = Estimate::ratio(&self.ours.launches(), &series.launches())?;
        let (ours, other) = self.figures(series)?;
        // Far from all that is measured, a power of ten stands in a figure.
        let shown = nanoseconds(&ours).zip(nanoseconds(&other)).map(|(ours, other)| ours / other);
        let value = shown.unwrap_or(paired.value);
        // Rounding can take it out of its interval, by as much as the last digit.
        let (lower, upper) = (paired.lower.min(value), paired.upper.max(value));
        (series.unit == self.ours.unit).then_some(Estimate { value, lower, upper, ..paired })
    }

    /// How many times ours is what stands beside it. A row that was read has at least one round.
    pub fn factor(&self) -> Option<Estimate> {
        self.factor_to(&self.beside)
    }

    /// The figure that the difference is explained by.
    pub fn explanation(&self) -> Option<&Series> {
        let says = self.explained_by.as_deref()?;
        self.reasons.iter().find(|series| series.says == says)
    }

    /// What the interval says.
    pub fn verdict(&self) -> Verdict {
        let within = |factor: &Estimate| factor.lower >= 1.0 / self.limit && factor.upper <= self.limit;
        match self.factor() {
            Some(factor) if within(&factor) => Verdict::Within,
            _ if self.explanation().and_then(|series| self.factor_to(series)).is_some_and(|it| within(&it)) => {
                Verdict::Explained
            }
            Some(factor) if factor.lower > self.limit || factor.upper < 1.0 / self.limit => Verdict::Outside,
            _ => Verdict::Open,
        }
    }

    /// The verdict in words.
    pub fn in_words(&self) -> String {
        let limit = three_digits(self.limit);
        let Some(factor) = self.factor() else { return "can't tell: no round was measured".to_owned() };
        let explained = self.explanation().and_then(|series| {
            let (factor, range) = in_words(self.factor_to(series)?);
            let (_, takes) = self.figures(series)?;
            Some(format!("a program that does all that ours does takes {takes}, and the factor is {factor} ({range})"))
        });
        let verdict = match self.verdict() {
            Verdict::Within => return format!("within {limit}\u{a0}times"),
            Verdict::Explained => return format!("explained: {}", explained.unwrap_or_default()),
            Verdict::Outside if factor.value < 1.0 => format!("outside: less than one part in {limit}"),
            Verdict::Outside => format!("outside: more than {limit}\u{a0}times"),
            Verdict::Open => {
                let ends = [1.0 / self.limit, self.limit].into_iter();
                let crossed = ends.filter(|end| (factor.lower..=factor.upper).contains(end)).map(three_digits);
                let crossed = crossed.collect::<Vec<_>>().join(" and ");
                let [lower, upper] = [factor.lower, factor.upper].map(three_digits);
                format!("can't tell: the interval {lower} to {upper} crosses {crossed}")
            }
        };
        explained.map_or_else(|| verdict.clone(), |explained| format!("{verdict}; {explained}"))
    }
}

impl Series {
    fn launches(&self) -> Vec<Launch> {
        self.rounds.iter().copied().map(Launch::exact).collect()
    }
}

/// A time in words as a number.
fn nanoseconds(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once('\u{a0}')?;
    let power = ["ns", "µs", "ms", "s"].iter().position(|it| *it == unit)?;
    Some(number.parse::<f64>().ok()? * 1000_f64.powi(power as i32))
}

/// A factor and its range over the rounds.
pub fn in_words(factor: Estimate) -> (String, String) {
    let range = match factor.launches {
        1 => "one round".to_owned(),
        _ if factor.lower == factor.upper => "in every round".to_owned(),
        _ => factor.range("times"),
    };
    (Quantity { value: factor.value, unit: "times" }.to_string(), range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::comparison;

    fn row(ours: &[f64], beside: &[f64], reason: &[f64]) -> Row {
        let mut row = comparison().rows.remove(0);
        for (series, rounds) in
            [&mut row.ours, &mut row.beside, &mut row.reasons[0]].into_iter().zip([ours, beside, reason])
        {
            (series.unit, series.rounds) = ("ns".to_owned(), rounds.to_vec());
        }
        row
    }

    #[test]
    fn a_verdict_looks_at_the_whole_interval() {
        let beside = [10.0; 3];
        for (ours, reason, verdict, words) in [
            ([9.0, 10.0, 11.0], None, Verdict::Within, "within 1.15\u{a0}times"),
            ([9.0, 10.0, 12.0], None, Verdict::Open, "can't tell: the interval 0.900 to 1.20 crosses 1.15"),
            ([8.0, 10.0, 11.0], None, Verdict::Open, "can't tell: the interval 0.800 to 1.10 crosses 0.870"),
            ([8.0, 10.0, 12.0], None, Verdict::Open, "can't tell: the interval 0.800 to 1.20 crosses 0.870 and 1.15"),
            ([12.0, 14.0, 13.0], None, Verdict::Outside, "outside: more than 1.15\u{a0}times"),
            ([8.0, 7.0, 6.0], None, Verdict::Outside, "outside: less than one part in 1.15"),
            (
                [12.0, 14.0, 13.0],
                Some([12.0, 14.0, 13.0]),
                Verdict::Explained,
                "explained: a program that does all that ours does takes 14.0\u{a0}ns, and the factor is 1.00\u{a0}times (in every round)",
            ),
            (
                [12.0, 14.0, 13.0],
                Some([12.0, 12.0, 13.0]),
                Verdict::Outside,
                "outside: more than 1.15\u{a0}times; a program that does all that ours does takes 13.0\u{a0}ns, and the factor is 1.00\u{a0}times (1.00 to 1.17\u{a0}times)",
            ),
        ] {
            let row = Row {
                limit: 1.15,
                explained_by: reason.map(|_| "a step".to_owned()),
                ..row(&ours, &beside, &reason.unwrap_or(beside))
            };
            assert_eq!((row.verdict(), &row.in_words()[..]), (verdict, words), "{ours:?}");
        }
    }

    /// Whatever was measured: who divides the figures that are shown gets the factor that is shown, and it lies in its interval,
    /// as do the quotients of most rounds.
    #[test]
    fn the_factor_is_the_quotient_of_the_figures_that_are_shown() {
        let mut state = 1_u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        for _ in 0..10_000 {
            let (count, size, spread) = (1 + (random() * 12.0) as usize, 10_f64.powf(random() * 11.0), random());
            let mut rounds = || (0..count).map(|_| size * (1.0 + spread * random())).collect::<Vec<_>>();
            let row = row(&rounds(), &rounds(), &rounds());
            for series in [&row.beside, &row.reasons[0]] {
                let factor = row.factor_to(series).unwrap();
                let divided = row
                    .figures(series)
                    .map(|(ours, other)| nanoseconds(&ours).unwrap() / nanoseconds(&other).unwrap())
                    .unwrap();
                assert_eq!(in_words(factor).0, format!("{}\u{a0}times", three_digits(divided)), "{row:?}");
                assert!(factor.lower <= factor.value && factor.value <= factor.upper, "{factor:?}");
                let quotients = row.ours.rounds.iter().zip(&series.rounds).map(|(ours, other)| ours / other);
                let inside = quotients.filter(|it| (factor.lower..=factor.upper).contains(it)).count();
                assert!(inside + 2 >= count, "{factor:?}");
            }
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
            (|c| c.rows[0].beside.unit = "bytes".to_owned(), "isn't a time in ns"),
            (|c| c.rows[0].explained_by = Some("a step".to_owned()), "isn't a time in ns"),
            (|c| c.rows[0].explained_by = Some("a stepp".to_owned()), "explained by what isn't there"),
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
