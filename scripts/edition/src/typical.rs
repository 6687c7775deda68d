//! Whether a captured session is a typical run: one that says what the recording says.

use std::collections::BTreeMap;

use base::outcome::Outcome;
use base::quantity::shown;

use crate::estimate::Launch;
use crate::lesson::Lesson;
use crate::recording::{Point, Recording, Session};
use crate::verdict::{self, Finding};

/// A typical run's number may lie beyond the recorded interval by this factor: it is one run, made of fewer.
const BEYOND: f64 = 1.5;

/// What a program says first where its machine was too busy to compare times.
const IN_DOUBT: &str = "can't tell one way from another";

/// The numbers of a run that its output shows and that the recording has too, by the names of their points.
pub fn found(lesson: &Lesson, recording: &Recording, outcomes: &[Outcome], output: &[String]) -> BTreeMap<String, f64> {
    let of = |Outcome { metric, variant, parameter, unit, value, .. }: &Outcome| {
        let (metric, parameter) = lesson.quantity(metric, parameter)?;
        let point = recording.point(metric, variant, parameter)?;
        (point.unit == *unit && is_shown(variant, *value, unit, output)).then(|| (point.name(), *value))
    };
    outcomes.iter().filter_map(of).collect()
}

/// What in a session contradicts the recording that it stands beside, each in a line: that it couldn't tell, a case of a claim that
/// is settled otherwise, a number far from the recorded one, a number that the output doesn't show. None of a typical run.
pub fn contradictions((slug, lesson): (&str, &Lesson), recording: &Recording, session: &Session) -> Vec<String> {
    let run = Recording { points: points(recording, session), ..recording.clone() };
    let mut said = Vec::new();
    if session.output.join(" ").contains(IN_DOUBT) {
        said.push(format!("{slug}: this run says that it can't tell, and the recording can"));
    }
    let spec = lesson.sessions.iter().find(|spec| spec.name == session.name);
    let is_like = spec.is_none_or(|spec| spec.unlike.is_none());
    for condition in lesson.claims.iter().filter(|_| is_like).flat_map(|claim| &claim.conditions) {
        let [recorded, seen] = [recording, &run].map(|recording| verdict::find_in(recording, condition));
        let word = match (recorded, seen) {
            (Finding::Holds(_), Finding::Fails(_)) => "holds",
            (Finding::Fails(_), Finding::Holds(_)) => "fails",
            _ => continue,
        };
        said.push(format!(
            "{slug}: the recording says that {:?} {word}, and this run says the opposite",
            condition.says
        ));
    }
    for (name, value) in &session.found {
        let Some(point) = recording.points.iter().find(|point| point.name() == *name) else { continue };
        let Some(estimate) = point.estimate() else { continue };
        // The cost of one is the same in a shorter run, and so is a ratio; a count, or the time of all, is not.
        let is_of_one =
            point.unit == "times" || lesson.metric(&point.metric).is_some_and(|metric| metric.per.is_some());
        let (lower, upper) = (estimate.lower / BEYOND, estimate.upper * BEYOND);
        if is_of_one && is_like && !(lower..=upper).contains(value) {
            let [value, unit] = [&shown(*value, &point.unit), &point.unit];
            said.push(format!("{name} is {value} in this run, and {} in the recording", estimate.said(unit)));
        }
        if !is_shown(&point.variant, *value, &point.unit, &session.output) {
            said.push(format!(
                "{name} was {} in this run, and its output doesn't show that",
                shown(*value, &point.unit)
            ));
        }
    }
    said
}

/// The run's numbers as points of one launch.
fn points(recording: &Recording, session: &Session) -> Vec<Point> {
    let of = |(name, value): (&String, &f64)| {
        let point = recording.points.iter().find(|point| point.name() == *name)?;
        let (launches, samples) = (vec![Launch::exact(*value)], Vec::new());
        Some(Point { launches, samples, ..point.clone() })
    };
    session.found.iter().filter_map(of).collect()
}

/// Whether a line of the output that tells of the variant has this number in it.
fn is_shown(variant: &str, value: f64, unit: &str, output: &[String]) -> bool {
    let number = shown(value, unit);
    let tells = |line: &&String| line.split_whitespace().next() == Some(variant);
    output.iter().filter(tells).any(|line| format!("{line} ").contains(&format!(" {number} ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{lesson, recording};

    fn outcome(metric: &str, variant: &str, parameter: &str, unit: &str, value: f64) -> Outcome {
        let [experiment, variant, parameter, metric, unit] =
            ["example", variant, parameter, metric, unit].map(str::to_owned);
        Outcome { experiment, variant, parameter, metric, unit, value, interpreter: None }
    }

    fn session(slow: f64, lost: f64) -> Session {
        let (lesson, recording) = (lesson(), recording());
        let outcomes = [
            outcome("own-time", "slow", "1", "ns", slow),
            outcome("own-time", "fast", "1", "ns", 1.15),
            outcome("lost", "slow", "2", "updates", lost),
            outcome("lost", "fast", "2", "updates", 7.0),
            outcome("nobody-lists", "slow", "2", "updates", 1.0),
        ];
        let output: Vec<String> = [
            "variant  own time  lost".to_owned(),
            format!("slow   {}  {}  ████", shown(slow, "ns"), shown(lost, "updates")),
            "fast    1.15 ns  –".to_owned(),
        ]
        .into();
        let found = found(&lesson, &recording, &outcomes, &output);
        Session { output, found, ..recording.sessions[0].clone() }
    }

    fn said(session: &Session) -> Vec<String> {
        contradictions(("example", &lesson()), &recording(), session)
    }

    #[test]
    fn a_run_is_judged_by_what_its_output_shows() {
        let session = session(12.3, 650.0);
        let found: Vec<(&str, f64)> = session.found.iter().map(|(name, value)| (&name[..], *value)).collect();
        assert_eq!(found, [("lost/slow/2", 650.0), ("time/fast/1", 1.15), ("time/slow/1", 12.3)]);
        assert_eq!(said(&session), [] as [String; 0]);
    }

    #[test]
    fn a_run_that_settles_a_case_otherwise_or_is_far_off_contradicts() {
        // Slow is to take more than twice as long as fast.
        let other = said(&session(2.0, 650.0));
        assert!(
            other.iter().any(|line| line.contains("\"with one worker\" holds, and this run says the opposite")),
            "{other:?}"
        );
        assert!(other.iter().any(|line| line.contains("time/slow/1 is 2.00 ns in this run, and 11")), "{other:?}");
        assert_eq!(said(&session(12.0, 0.0)).len(), 1, "lost something, and now nothing");
        assert_eq!(said(&session(19.0, 650.0)).len(), 1, "far beyond the interval");
    }

    #[test]
    fn a_run_that_could_not_tell_is_not_typical() {
        let mut session = session(12.3, 650.0);
        session.output.insert(0, "This machine is busy. The times can't tell one".to_owned());
        session.output.insert(1, "way from another.".to_owned());
        assert_eq!(said(&session), ["example: this run says that it can't tell, and the recording can"]);
    }

    #[test]
    fn a_run_whose_output_was_changed_is_found_out() {
        let mut session = session(12.3, 650.0);
        session.output[1] = session.output[1].replace("650", "0");
        let said = said(&session);
        assert!(
            said.len() == 1 && said[0].contains("lost/slow/2 was 650 in this run, and its output doesn't"),
            "{said:?}"
        );
    }
}
