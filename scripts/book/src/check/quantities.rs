//! Whether each quantity has one number in the whole book, and one denominator.
//!
//! What a chapter, a chart, a claim or a prediction names is checked where it's read ([`edition::lesson::Lesson::shows`]).
//! Here is what takes a recording, or all lessons at once.

use std::collections::{BTreeMap, BTreeSet};

use charts::kind::Asked;
use charts::kinds;
use charts::points::Mark;
use edition::lesson::Lesson;
use edition::{Edition, Point, Project, Recording};

use super::data::lesson_of;
use crate::Problem;

/// Two metrics whose values are within this factor of each other wherever both were measured may be one quantity.
const NEAR: f64 = 1.5;

/// What is wrong with the quantities of a recording: a metric that nobody lists, two that look like one, a value between two modes.
pub fn check(lesson: &Lesson, recording: &Recording) -> Vec<String> {
    let metrics: BTreeSet<&str> = recording.points.iter().map(|point| &point.metric[..]).collect();
    let mut found: BTreeSet<String> = BTreeSet::new();
    for point in &recording.points {
        if let Err(what) = lesson.shows(&point.metric, &point.parameter) {
            found.insert(format!("the recording has {:?}: {what}", point.metric));
        }
        if point.modes_of_launches().is_some() && point.samples.is_empty() {
            let name = point.name();
            found.insert(format!(
                "{name} gathers at two values and has no samples, so one between them would be shown; record it again"
            ));
        }
    }
    for (one, other) in metrics.iter().flat_map(|one| metrics.iter().map(move |other| (*one, *other))) {
        let differ = |one: &str, other| lesson.metric(one).is_some_and(|metric| metric.unlike.contains_key(other));
        if one < other && !differ(one, other) && !differ(other, one) && are_near(recording, one, other) {
            found.insert(format!(
                "{one:?} and {other:?} have much the same values, as two numbers of one quantity have: let one say `same_as`, or \
                 `unlike` and what tells them apart"
            ));
        }
    }
    found.into_iter().collect()
}

/// Whether two metrics were measured in two places at least, and are near each other in all.
fn are_near(recording: &Recording, one: &str, other: &str) -> bool {
    let of =
        |metric: &'_ str| -> Vec<&Point> { recording.points.iter().filter(|point| point.metric == metric).collect() };
    let others = of(other);
    let mut places = 0;
    for point in of(one).into_iter().filter(|point| is_measured(&point.unit)) {
        let same = |other: &&&Point| {
            (&other.variant, &other.parameter, &other.unit) == (&point.variant, &point.parameter, &point.unit)
        };
        let Some(other) = others.iter().find(same) else { continue };
        let (Some(one), Some(other)) = (point.estimate(), other.estimate()) else { continue };
        let ratio = one.value / other.value;
        if !(1.0 / NEAR..=NEAR).contains(&ratio) {
            return false;
        }
        places += 1;
    }
    places >= 2
}

/// Whether it's a unit of what is measured. Counts and ratios are the same by chance.
fn is_measured(unit: &str) -> bool {
    matches!(unit, "ns" | "bytes" | "bytes/s")
}

/// Charts that show in the same words what is divided by something else, and those whose one axis has values of two kinds.
pub fn axes(project: &Project) -> Vec<Problem> {
    let mut known: BTreeMap<&str, (&str, String)> = BTreeMap::new();
    let mut problems = Vec::new();
    let editions: Vec<&Edition> = project.editions.iter().collect();
    for (slug, lesson) in &project.lessons {
        for chart in &lesson.charts {
            let mut tell = |what: String| problems.push(Problem::at(lesson_of(slug), 0, what));
            // What wasn't recorded is told elsewhere.
            let Ok(data) = kinds::gather(&Asked { slug, lesson, chart }, &editions) else { continue };
            // A trade-off has two axes, and each of several columns its own.
            if matches!(&chart.kind[..], "scatter" | "columns") {
                continue;
            }
            let per =
                |mark: &Mark| lesson.metric(&mark.metric).and_then(|metric| metric.per.clone()).unwrap_or_default();
            let pers: BTreeSet<String> = data.marks().into_iter().map(per).collect();
            let mut pers = pers.into_iter();
            let (Some(per), more) = (pers.next(), pers.next()) else { continue };
            if let Some(other) = more {
                tell(format!(
                    "the chart {:?} has values per {per:?} and per {other:?} on one axis; draw two",
                    chart.id
                ));
            }
            match known.get(&chart.shows[..]) {
                Some((other, of)) if *of != per => tell(format!(
                    "{:?}, which the chart {:?} shows, is per {per:?}, and in {other} per {of:?}; say in its words what is divided by",
                    chart.shows, chart.id
                )),
                Some(_) => {}
                None => drop(known.insert(&chart.shows, (slug, per))),
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::estimate::Launch;
    use edition::example::{lesson, project, recording};

    #[test]
    fn a_second_number_for_a_quantity_is_found() {
        let (mut lesson, mut recording) = (lesson(), recording());
        assert_eq!(check(&lesson, &recording), [] as [String; 0]);
        let twice: Vec<Point> = recording.points.iter().filter(|point| point.metric == "time").cloned().collect();
        let named = |name: &str| -> Vec<Point> {
            twice.iter().map(|point| Point { metric: name.to_owned(), ..point.clone() }).collect()
        };
        recording.points.extend(named("own-time"));
        let said = check(&lesson, &recording);
        assert!(said.iter().any(|said| said.contains("\"own-time\" measures what \"time\" does")), "{said:?}");
        recording.points.retain(|point| point.metric != "own-time");
        recording.points.extend(named("nobody-lists"));
        let said = check(&lesson, &recording);
        assert!(said.iter().any(|said| said.contains("no metric \"nobody-lists\"")), "{said:?}");
        // A metric that is listed as if it were another quantity, and isn't.
        let mut other = lesson.metric("lost").unwrap().clone();
        (other.name, other.label) = ("nobody-lists".to_owned(), "another cost".to_owned());
        lesson.metrics.push(other);
        let said = check(&lesson, &recording);
        assert!(
            said.len() == 1 && said[0].contains("\"nobody-lists\" and \"time\" have much the same values"),
            "{said:?}"
        );
        let why = ("time".to_owned(), "of CPU time".to_owned());
        lesson.metrics.last_mut().unwrap().unlike.extend([why]);
        assert_eq!(check(&lesson, &recording), [] as [String; 0]);
    }

    #[test]
    fn a_median_between_two_modes_is_found() {
        let mut recording = recording();
        let medians = [1.0, 1.01, 1.02, 1.01, 5.0, 5.01, 5.02, 5.01, 5.02];
        recording.points[2].launches = medians.map(Launch::exact).to_vec();
        let said = check(&lesson(), &recording);
        assert!(said.len() == 1 && said[0].starts_with("time/fast/1 gathers at two values"), "{said:?}");
        recording.points[2].samples = medians.to_vec();
        assert_eq!(check(&lesson(), &recording), [] as [String; 0]);
    }

    #[test]
    fn two_denominators_under_one_axis_are_found() {
        let mut project = project(&["reference"]);
        assert_eq!(axes(&project).len(), 0);
        let mut other = project.lessons["example"].clone();
        other.metrics[0].per = Some("addition by each worker".to_owned());
        project.lessons.insert("other".to_owned(), other);
        let mut same = project.editions[0].recordings["example"].clone();
        same.points.iter_mut().for_each(|point| point.unit = "ns".to_owned());
        project.editions[0].recordings.insert("other".to_owned(), same);
        let said = axes(&project);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].what.contains("\"Cost of one step\", which the chart \"cost\" shows, is per \"addition by each"),
            "{said:?}"
        );
        let lesson = project.lessons.get_mut("other").unwrap();
        lesson.charts[0].shows = "Cost of one step for each".to_owned();
        assert_eq!(axes(&project).len(), 0);
        let fields = &mut project.lessons.get_mut("other").unwrap().charts[1].fields;
        fields.remove("metric");
        fields.insert("rows".to_owned(), vec!["time/slow/2", "lost/slow/2"].into());
        let said = axes(&project);
        assert!(said[0].what.contains("on one axis; draw two"), "{said:?}");
    }
}
