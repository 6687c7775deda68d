//! Verdicts, computed.

use crate::estimate::Estimate;
use crate::folder::Edition;
use crate::lesson::{Claim, Condition};

/// What an edition says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every case holds.
    Holds,
    /// No case holds.
    Fails,
    /// Some cases hold, some don't.
    Depends,
    /// The interval of at least one case lies across its threshold.
    NotSettled,
    /// A point that a case compares was not measured in this edition.
    NotMeasured,
}

/// What an edition says of one case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Finding {
    /// The whole interval lies on the claim's side of the threshold.
    Holds(Estimate),
    /// The whole interval lies on the other side.
    Fails(Estimate),
    /// The interval lies across the threshold.
    NotSettled(Estimate),
    /// There is nothing to compare.
    NotMeasured,
}

/// Judges a claim by what `edition` holds for the experiment `slug`: the verdict, and each case with its finding and the
/// unit of its estimate.
pub fn judge<'a>(
    edition: &'a Edition,
    slug: &str,
    claim: &'a Claim,
) -> (Verdict, Vec<(&'a Condition, Finding, &'a str)>) {
    let cases: Vec<_> = claim
        .conditions
        .iter()
        .map(|condition| {
            let measured = measure(edition, slug, condition);
            let finding = measured.map_or(Finding::NotMeasured, |(estimate, _)| find(condition, estimate));
            (condition, finding, measured.map_or("", |(_, unit)| unit))
        })
        .collect();
    let verdict = Verdict::of(cases.iter().map(|(_, finding, _)| finding));
    (verdict, cases)
}

impl Verdict {
    /// What follows from the findings of all cases.
    pub fn of<'a>(findings: impl Iterator<Item = &'a Finding> + Clone) -> Self {
        let count = |like: fn(&Finding) -> bool| findings.clone().filter(|finding| like(finding)).count();
        let all = count(|_| true);
        match () {
            () if all == 0 || count(|finding| matches!(finding, Finding::NotMeasured)) > 0 => Self::NotMeasured,
            () if count(|finding| matches!(finding, Finding::NotSettled(_))) > 0 => Self::NotSettled,
            () if count(|finding| matches!(finding, Finding::Holds(_))) == all => Self::Holds,
            () if count(|finding| matches!(finding, Finding::Fails(_))) == all => Self::Fails,
            () => Self::Depends,
        }
    }

    /// The verdict as the book prints it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Depends => "depends",
            Self::NotSettled => "not settled on this machine",
            Self::NotMeasured => "not measured in this edition",
        }
    }

    /// One word for it, for style sheets.
    pub fn class(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Depends => "depends",
            Self::NotSettled | Self::NotMeasured => "not-settled",
        }
    }
}

fn measure<'a>(edition: &'a Edition, slug: &str, condition: &Condition) -> Option<(Estimate, &'a str)> {
    match (&condition.value, &condition.ratio) {
        (Some(value), _) => {
            let point = edition.point(slug, value).ok()?;
            Some((point.estimate()?, &point.unit))
        }
        (None, Some([over, under])) => {
            let (over, under) = (edition.point(slug, over).ok()?, edition.point(slug, under).ok()?);
            Some((Estimate::ratio(&over.launches, &under.launches)?, "times"))
        }
        (None, None) => None,
    }
}

fn find(condition: &Condition, estimate: Estimate) -> Finding {
    // What must lie below has a negative that must lie above.
    let (lower, upper, threshold) = match (condition.above, condition.below) {
        (Some(above), _) => (estimate.lower, estimate.upper, above),
        (None, Some(below)) => (-estimate.upper, -estimate.lower, -below),
        (None, None) => return Finding::NotMeasured,
    };
    if lower > threshold {
        Finding::Holds(estimate)
    } else if upper <= threshold {
        Finding::Fails(estimate)
    } else {
        Finding::NotSettled(estimate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::edition;

    fn case(point: &str, above: Option<f64>, below: Option<f64>) -> Condition {
        let (value, ratio) = match point.split_once(" : ") {
            Some((over, under)) => (None, Some([over.to_owned(), under.to_owned()])),
            None => (Some(point.to_owned()), None),
        };
        Condition { says: point.to_owned(), value, ratio, above, below }
    }

    #[test]
    fn a_case_is_settled_only_if_its_whole_interval_is_on_one_side() {
        let edition = edition("reference");
        let verdicts = [
            // time/slow/1 was measured as 10, 11, 12.
            (vec![case("time/slow/1", Some(9.9), None)], Verdict::Holds),
            (vec![case("time/slow/1", Some(12.0), None)], Verdict::Fails),
            (vec![case("time/slow/1", Some(10.0), None)], Verdict::NotSettled),
            (vec![case("time/slow/1", None, Some(12.1))], Verdict::Holds),
            (vec![case("time/slow/1", None, Some(10.0))], Verdict::Fails),
            (vec![case("time/slow/1", None, Some(12.0))], Verdict::NotSettled),
            (vec![case("lost/fast/2", Some(0.0), None)], Verdict::Fails),
            (vec![case("lost/fast/2", None, Some(1.0))], Verdict::Holds),
            (vec![case("time/slow/1 : time/fast/1", Some(9.9), None)], Verdict::Holds),
            (vec![case("time/slow/2 : time/fast/1", Some(28.0), None)], Verdict::NotSettled),
            (vec![case("time/slow/9", Some(0.0), None)], Verdict::NotMeasured),
            (vec![], Verdict::NotMeasured),
            (vec![case("lost/slow/2", Some(0.0), None), case("lost/fast/2", Some(0.0), None)], Verdict::Depends),
            (vec![case("lost/slow/2", Some(0.0), None), case("lost/slow/2", Some(600.0), None)], Verdict::NotSettled),
        ];
        for (conditions, expected) in verdicts {
            let claim = Claim { id: String::new(), conditions, opinion: None };
            assert_eq!(judge(&edition, "example", &claim).0, expected, "{:?}", claim.conditions);
        }
    }
}
