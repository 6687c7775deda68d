//! Verdicts, computed.
//!
//! A claim speaks of *every* case, of *some* case, or of cases as a rule ([`Scope`]). Each case is settled once its whole
//! interval lies on one side of its threshold. What is settled decides as soon as nothing that is still open could change it;
//! what could not be measured is left out, and takes nothing from the rest.

use crate::estimate::Estimate;
use crate::folder::Edition;
use crate::lesson::{Claim, Condition, Scope};
use crate::recording::Recording;

/// What an edition says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The claim holds: in every case, or in one if it speaks of some.
    Holds,
    /// It fails: in every case, or in one if it speaks of every.
    Fails,
    /// It holds in some cases and fails in others, and speaks of neither every nor some.
    Depends,
    /// It could still turn: a case is open whose interval lies across its threshold.
    NotSettled,
    /// Nothing that its cases compare was measured in this edition.
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

/// A case, and what an edition says of it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The experiment whose lesson has it.
    pub slug: &'a str,
    /// The case.
    pub condition: &'a Condition,
    /// What was found.
    pub finding: Finding,
    /// The unit of the finding's estimate.
    pub unit: &'a str,
    /// What a ratio is said with, such as `as long`; nothing for a value.
    pub comparing: &'static str,
    /// The interpreter that ran what it compares, if it is one.
    pub interpreter: Option<&'a str>,
}

/// A claim, judged: the verdict and all its cases.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// The verdict.
    pub verdict: Verdict,
    /// The cases, in order.
    pub cases: Vec<Case<'a>>,
}

/// Judges a claim of this scope by what `edition` holds for the lessons that judge it, each an experiment's slug and what it
/// says of the claim.
pub fn judge<'a>(
    edition: &'a Edition,
    scope: Scope,
    lessons: impl IntoIterator<Item = (&'a str, &'a Claim)>,
) -> Judged<'a> {
    let all = lessons.into_iter().flat_map(|(slug, claim)| claim.conditions.iter().map(move |case| (slug, case)));
    let cases: Vec<Case<'a>> = all
        .map(|(slug, condition)| {
            let recording = edition.recordings.get(slug);
            let measured = recording.and_then(|recording| measured(recording, condition));
            let finding = measured.map_or(Finding::NotMeasured, |(estimate, _)| find(condition, estimate));
            let comparing = recording.and_then(|recording| comparing(recording, condition)).unwrap_or_default();
            let interpreter = recording.and_then(|recording| interpreter(recording, condition));
            Case { slug, condition, finding, unit: measured.map_or("", |(_, unit)| unit), comparing, interpreter }
        })
        .collect();
    Judged { verdict: Verdict::of(scope, cases.iter().map(|case| &case.finding)), cases }
}

impl<'a> Judged<'a> {
    /// The cases that decided, in order: the one that refutes or proves a claim of every or of some, one that holds and one
    /// that fails where it depends, all that are open where it isn't settled. None where all cases say the same.
    pub fn deciding(&self) -> Vec<&Case<'a>> {
        let first = |like: fn(&Finding) -> bool| self.cases.iter().find(|case| like(&case.finding));
        let holds = first(|finding| matches!(finding, Finding::Holds(_)));
        let fails = first(|finding| matches!(finding, Finding::Fails(_)));
        let is_open = |case: &&Case<'_>| matches!(case.finding, Finding::NotSettled(_));
        match self.verdict {
            Verdict::NotSettled => self.cases.iter().filter(is_open).collect(),
            Verdict::Holds => holds.filter(|_| self.has_other(self.verdict)).into_iter().collect(),
            Verdict::Fails => fails.filter(|_| self.has_other(self.verdict)).into_iter().collect(),
            Verdict::Depends => holds.into_iter().chain(fails).collect(),
            Verdict::NotMeasured => Vec::new(),
        }
    }

    /// How many cases were measured.
    pub fn measured(&self) -> usize {
        self.cases.iter().filter(|case| case.finding != Finding::NotMeasured).count()
    }

    /// Whether a measured case says something else than the verdict.
    fn has_other(&self, verdict: Verdict) -> bool {
        self.cases.iter().any(|case| match case.finding {
            Finding::Holds(_) => verdict != Verdict::Holds,
            Finding::Fails(_) => verdict != Verdict::Fails,
            Finding::NotSettled(_) => true,
            Finding::NotMeasured => false,
        })
    }
}

impl Verdict {
    /// What follows for a claim of this scope from the findings of all its cases.
    pub fn of<'a>(scope: Scope, findings: impl Iterator<Item = &'a Finding>) -> Self {
        let (mut holds, mut fails, mut open) = (false, false, false);
        for finding in findings {
            match finding {
                Finding::Holds(_) => holds = true,
                Finding::Fails(_) => fails = true,
                Finding::NotSettled(_) => open = true,
                Finding::NotMeasured => {}
            }
        }
        match (scope, holds, fails, open) {
            (_, false, false, false) => Self::NotMeasured,
            (Scope::Every, _, true, _) => Self::Fails,
            (Scope::Some, true, ..) => Self::Holds,
            (Scope::Rule, true, true, _) => Self::Depends,
            (.., true) => Self::NotSettled,
            (_, true, ..) => Self::Holds,
            _ => Self::Fails,
        }
    }

    /// The verdict as the book prints it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Depends => "depends",
            Self::NotSettled => "not settled",
            Self::NotMeasured => "not measured on this machine",
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

impl Finding {
    /// One word for it, for style sheets.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Holds(_) => "holds",
            Self::Fails(_) => "fails",
            Self::NotSettled(_) | Self::NotMeasured => "not-settled",
        }
    }
}

/// What an edition says of one condition by what it recorded of an experiment.
pub fn finding(edition: &Edition, slug: &str, condition: &Condition) -> Finding {
    edition.recordings.get(slug).map_or(Finding::NotMeasured, |recording| find_in(recording, condition))
}

/// What a recording says of a case.
pub(crate) fn find_in(recording: &Recording, condition: &Condition) -> Finding {
    measured(recording, condition).map_or(Finding::NotMeasured, |(estimate, _)| find(condition, estimate))
}

fn measured<'a>(recording: &'a Recording, condition: &Condition) -> Option<(Estimate, &'a str)> {
    measure(recording, condition.value.as_ref(), condition.ratio.as_ref())
}

/// The value of a point, or the ratio of two, and its unit; nothing if it wasn't recorded, or is no number.
pub(crate) fn measure<'a>(
    recording: &'a Recording,
    value: Option<&String>,
    ratio: Option<&[String; 2]>,
) -> Option<(Estimate, &'a str)> {
    let point = |name: &String| recording.points.iter().find(|point| point.name() == *name);
    match (value, ratio) {
        (Some(value), _) => {
            let point = point(value)?;
            Some((point.estimate()?, &point.unit))
        }
        (None, Some([over, under])) => {
            Some((Estimate::ratio(&point(over)?.launches, &point(under)?.launches)?, "times"))
        }
        (None, None) => None,
    }
}

/// What two points of this unit are compared with: 2 times as long, as much, as fast, as many.
fn comparing(recording: &Recording, condition: &Condition) -> Option<&'static str> {
    let [over, _] = condition.ratio.as_ref()?;
    let point = recording.points.iter().find(|point| point.name() == *over)?;
    Some(match &*point.unit {
        "ns" => "as long",
        "bytes" | "%" => "as much",
        "bytes/s" => "as fast",
        // Of a ratio of ratios, only the metric tells whether more is faster.
        "times" => return None,
        _ => "as many",
    })
}

/// The interpreter of all points that it compares and that have one.
fn interpreter<'a>(recording: &'a Recording, condition: &Condition) -> Option<&'a str> {
    let of = |name: &String| recording.points.iter().find(|point| point.name() == *name)?.interpreter.as_deref();
    let mut all = condition.points().filter_map(|(_, name)| of(name));
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
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
        ];
        for (conditions, expected) in verdicts {
            let claim = Claim { id: String::new(), conditions, opinion: None };
            let judged = judge(&edition, Scope::Rule, [("example", &claim)]);
            assert_eq!(judged.verdict, expected, "{:?}", claim.conditions);
        }
    }

    const ESTIMATE: Estimate = Estimate { value: 1.0, lower: 1.0, upper: 1.0, launches: 6, is_same: true, modes: None };
    const HOLDS: Finding = Finding::Holds(ESTIMATE);
    const FAILS: Finding = Finding::Fails(ESTIMATE);
    const OPEN: Finding = Finding::NotSettled(ESTIMATE);
    const NONE: Finding = Finding::NotMeasured;

    #[test]
    fn what_is_settled_decides_as_soon_as_nothing_open_could_change_it() {
        use Verdict::{Depends, Fails, Holds, NotMeasured, NotSettled};
        // The findings, and what follows if the claim speaks of every case, of some, and of cases as a rule.
        let all: [(&[Finding], [Verdict; 3]); 12] = [
            (&[HOLDS, HOLDS], [Holds, Holds, Holds]),
            (&[FAILS, FAILS], [Fails, Fails, Fails]),
            (&[HOLDS, FAILS], [Fails, Holds, Depends]),
            (&[HOLDS, FAILS, OPEN], [Fails, Holds, Depends]),
            (&[HOLDS, FAILS, OPEN, NONE], [Fails, Holds, Depends]),
            (&[HOLDS, OPEN], [NotSettled, Holds, NotSettled]),
            (&[FAILS, OPEN], [Fails, NotSettled, NotSettled]),
            (&[OPEN, OPEN], [NotSettled; 3]),
            (&[HOLDS, NONE], [Holds; 3]),
            (&[NONE, FAILS], [Fails; 3]),
            (&[NONE, OPEN], [NotSettled; 3]),
            (&[NONE, NONE], [NotMeasured; 3]),
        ];
        for (findings, expected) in all {
            let of = |scope| Verdict::of(scope, findings.iter());
            assert_eq!([Scope::Every, Scope::Some, Scope::Rule].map(of), expected, "{findings:?}");
        }
    }

    #[test]
    fn the_cases_that_decided_are_named() {
        let condition = case("time/slow/1", Some(0.0), None);
        let deciding = |scope, findings: &[Finding]| {
            let case = |&finding| {
                let (slug, condition, unit, interpreter) = ("example", &condition, "ns", None);
                Case { slug, condition, finding, unit, comparing: "", interpreter }
            };
            let cases: Vec<Case<'_>> = findings.iter().map(case).collect();
            let judged = Judged { verdict: Verdict::of(scope, findings.iter()), cases };
            judged.deciding().into_iter().map(|case| case.finding).collect::<Vec<_>>()
        };
        assert_eq!(deciding(Scope::Every, &[HOLDS, OPEN, FAILS, FAILS]), [FAILS]);
        assert_eq!(deciding(Scope::Some, &[FAILS, OPEN, HOLDS]), [HOLDS]);
        assert_eq!(deciding(Scope::Rule, &[FAILS, OPEN, HOLDS, FAILS]), [HOLDS, FAILS]);
        assert_eq!(deciding(Scope::Rule, &[OPEN, HOLDS, OPEN]), [OPEN, OPEN]);
        assert_eq!(deciding(Scope::Every, &[HOLDS, HOLDS, NONE]), []);
        assert_eq!(deciding(Scope::Rule, &[FAILS, FAILS]), []);
    }
}
