//! What the charts of values have in common: measured points, each in every edition, as marks of a drawing and as a table.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result, bail};
use edition::criterion::rounded;
use edition::estimate::Estimate;
use edition::lesson::{Chart, Fault, Lesson, Role};
use edition::{Edition, NotRecorded, Point, interpreter};
use serde::Deserialize;

use crate::axes::Scale;
use crate::html;
use crate::html::Html;
use crate::kind::Asked;

/// What one edition measured of a point.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The number with its interval.
    pub estimate: Estimate,
    /// Every launch's median.
    pub launches: Vec<f64>,
    /// The samples, if they have two modes.
    pub samples: Vec<f64>,
    /// How many of its launches were disturbed.
    pub disturbed: usize,
    /// The interpreter that ran it, if one did.
    pub interpreter: Option<String>,
}

impl Measure {
    fn of(point: &Point) -> Option<Self> {
        let launches = point.launches.iter().map(|launch| launch.median).collect();
        let (samples, interpreter) = (point.samples.clone(), point.interpreter.clone());
        Some(Self { estimate: point.estimate()?, launches, samples, disturbed: point.disturbed, interpreter })
    }

    /// The values to mark: the median, or both modes.
    pub fn values(&self) -> Vec<f64> {
        self.estimate.modes.map_or_else(|| vec![self.estimate.value], |modes| modes.values.to_vec())
    }

    /// The value that a line or a bar goes to: never one between two modes, but the one that more samples have.
    pub fn value(&self) -> f64 {
        self.estimate.modes.map_or(self.estimate.value, |modes| modes.values[usize::from(modes.lower_share < 0.5)])
    }

    /// What is drawn as small ticks: the samples of two modes, or else the launches, unless all are the same.
    pub fn ticks(&self) -> &[f64] {
        match (&self.samples[..], self.estimate.is_same) {
            ([], true) => &[],
            ([], false) => &self.launches,
            (samples, _) => samples,
        }
    }
}

/// A measured point of a chart.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Its number in the chart: that of its row in the table.
    pub id: usize,
    /// The metric.
    pub metric: String,
    /// The variant's name.
    pub variant: String,
    /// The parameter.
    pub parameter: String,
    /// What it is, in words.
    pub label: String,
    /// What it is of, which gives it its colour.
    pub role: Option<Role>,
    /// The unit of its values.
    pub unit: String,
    /// What each edition of the chart measured; nothing where one didn't.
    pub per: Vec<Option<Measure>>,
}

impl Mark {
    /// A mark of threads, with three launches around a value.
    #[cfg(test)]
    pub fn example(id: usize, parameter: &str, value: f64) -> Self {
        let estimate =
            Estimate { value, lower: value * 0.9, upper: value * 1.1, launches: 3, is_same: false, modes: None };
        let launches = vec![value * 0.9, value, value * 1.1];
        let [metric, variant, parameter] = ["time", "slow", parameter].map(str::to_owned);
        let per = vec![Some(Measure { estimate, launches, samples: Vec::new(), disturbed: 0, interpreter: None })];
        let (label, unit) = (format!("a < b {id}"), "ns".to_owned());
        Self { id, metric, variant, parameter, label, role: Some(Role::Thread), unit, per }
    }

    /// The parameter as a number; 0 if it's none.
    pub fn at(&self) -> f64 {
        self.parameter.parse().unwrap_or(0.0)
    }

    /// Each edition that measured it, by its number in the chart, with what it measured.
    pub fn measured(&self) -> impl Iterator<Item = (usize, &Measure)> {
        self.per.iter().enumerate().filter_map(|(edition, measure)| Some((edition, measure.as_ref()?)))
    }

    /// What it says in an edition, in as many digits as its interval allows: `23 ns`; nothing where it isn't measured.
    pub fn said(&self, edition: usize) -> String {
        let measure = self.per.get(edition).and_then(Option::as_ref);
        measure.map_or_else(String::new, |measure| whole(measure.estimate.said(&self.unit)))
    }
}

/// The same without a zero behind the point: `50 %`.
pub(crate) fn whole(said: String) -> String {
    said.replace(".0\u{a0}%", "\u{a0}%")
}

/// How a chart names a point: alone, by its variant's label, or with words of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a point, or a table of a point and its label")]
pub enum Written {
    /// `variant/parameter`, or `metric/variant/parameter`.
    Point(String),
    /// The same, and what the chart calls it.
    Labelled {
        /// The point, or the series.
        #[serde(alias = "series")]
        point: String,
        /// What the chart calls it.
        label: String,
    },
}

impl Written {
    /// The point.
    pub fn point(&self) -> &str {
        match self {
            Self::Point(point) | Self::Labelled { point, .. } => point,
        }
    }

    /// What the chart calls it, if it says so.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Point(_) => None,
            Self::Labelled { label, .. } => Some(label),
        }
    }
}

/// The version of the interpreter that ran these points, as charts call it: what isn't run by one is passed over. Nothing where
/// they, or what several editions say of one, ran on several.
pub fn version<'a>(marks: impl IntoIterator<Item = &'a Mark>) -> Option<String> {
    let of = |mark: &'a Mark| {
        let all = mark.measured().map(|(_, measure)| measure.interpreter.as_deref().and_then(interpreter::short));
        let all: BTreeSet<Option<String>> = all.collect();
        all.iter().any(Option::is_some).then_some(all)
    };
    let mut known = marks.into_iter().filter_map(of).flatten().collect::<BTreeSet<_>>();
    if known.len() == 1 { known.pop_first()? } else { None }
}

/// Words in which an interpreter's name has the version that ran these points, if it is one.
pub fn versioned<'a>(words: &str, marks: impl IntoIterator<Item = &'a Mark>) -> String {
    version(marks).map_or_else(|| words.to_owned(), |short| interpreter::versioned(words, &short))
}

/// Says in the labels of rows, and in the head above them, which version of an interpreter ran them. The head has that of the first row,
/// unless the row says its own; a row below it that ran on another says so.
pub fn headed(head: &str, mut rows: Vec<(&mut String, Vec<&Mark>)>) -> String {
    for (label, marks) in &mut rows {
        **label = versioned(label, marks.iter().copied());
    }
    let first = rows
        .first()
        .and_then(|(label, marks)| version(marks.iter().copied()).filter(|short| !interpreter::says(label, short)));
    let Some(first) = first else { return head.to_owned() };
    let said = interpreter::versioned(head, &first);
    for (label, marks) in rows.into_iter().filter(|_| said != head) {
        let own = version(marks).filter(|own| *own != first && !interpreter::says(label, own));
        if let Some((_, number)) = own.as_deref().and_then(|own| own.split_once('\u{a0}')) {
            *label += &format!(" ({number})");
        }
    }
    said
}

/// Gathers the points of a chart, and gives each its number.
pub struct Gathering<'a> {
    asked: &'a Asked<'a>,
    editions: &'a [&'a Edition],
    next: usize,
}

impl<'a> Gathering<'a> {
    /// What a chart gathers from these editions, of which the first must have it all.
    pub fn new(asked: &'a Asked<'a>, editions: &'a [&'a Edition]) -> Self {
        Self { asked, editions, next: 0 }
    }

    /// The point that is written so.
    ///
    /// # Errors
    /// It is written otherwise, or the first of the editions hasn't measured it.
    pub fn mark(&mut self, written: &Written, metric: Option<&str>) -> Result<Mark> {
        let name = self.name(written, metric)?;
        if let Some(first) = self.editions.first() {
            first.point(self.asked.slug, &name)?;
        }
        self.of(&name, written.label()).with_context(|| format!("{name} isn't measured"))
    }

    /// The same of a point that not every machine has: nothing if none has.
    ///
    /// # Errors
    /// It is written otherwise.
    pub fn where_there(&mut self, written: &Written, metric: Option<&str>) -> Result<Option<Mark>> {
        let name = self.name(written, metric)?;
        Ok(self.of(&name, written.label()))
    }

    fn name(&self, written: &Written, metric: Option<&str>) -> Result<String> {
        let (metric, variant, parameter) =
            parts(written.point(), metric, true).with_context(|| format!("{:?} is no point", written.point()))?;
        Ok(format!("{metric}/{variant}/{parameter}"))
    }

    fn of(&mut self, name: &str, label: Option<&str>) -> Option<Mark> {
        let points: Vec<Option<&Point>> =
            self.editions.iter().map(|edition| edition.point(self.asked.slug, name).ok()).collect();
        let one = *points.iter().flatten().next()?;
        let label = label.unwrap_or_else(|| self.asked.lesson.label(&one.variant));
        Some(self.made(one, label.to_owned(), &points))
    }

    /// All points of a metric and a variant, in the order of their parameters as numbers. `number` tells a parameter's; one that
    /// has none isn't taken, or is an error if `all` are to have one.
    ///
    /// # Errors
    /// The first of the editions has none of them, or one has no number and should.
    pub fn series(
        &mut self,
        (metric, variant): (&str, &str),
        label: Option<&str>,
        number: &dyn Fn(&str) -> Option<f64>,
        all: bool,
    ) -> Result<Vec<Mark>> {
        let slug = self.asked.slug;
        let of = |edition: &'a Edition| {
            let points = edition.recordings.get(slug).map_or(&[][..], |recording| &recording.points);
            points.iter().filter(move |point| point.metric == metric && point.variant == variant)
        };
        let first = self.editions.first().context("a chart is of an edition")?;
        if of(first).next().is_none() {
            let what = format!("{slug} has no {metric} of {variant:?} in the edition {}", first.name);
            bail!(NotRecorded(what));
        }
        let mut known: Vec<(f64, &Point)> = Vec::new();
        for point in self.editions.iter().flat_map(|edition| of(edition)) {
            match number(&point.parameter) {
                Some(at) if known.iter().all(|(other, _)| *other != at) => known.push((at, point)),
                None if all => bail!("{slug}: {} has no number to be drawn over", point.name()),
                _ => {}
            }
        }
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let label = label.unwrap_or_else(|| self.asked.lesson.label(variant));
        let marks = known.into_iter().map(|(_, point)| {
            let name = point.name();
            let points: Vec<Option<&Point>> =
                self.editions.iter().map(|edition| edition.point(slug, &name).ok()).collect();
            self.made(point, label.to_owned(), &points)
        });
        Ok(marks.collect())
    }

    fn made(&mut self, one: &Point, label: String, points: &[Option<&Point>]) -> Mark {
        let id = self.next;
        self.next += 1;
        let per = points.iter().map(|point| point.and_then(Measure::of)).collect();
        let (metric, variant, parameter) = (one.metric.clone(), one.variant.clone(), one.parameter.clone());
        let (role, unit) = (self.asked.lesson.role(&one.variant), one.unit.clone());
        let mut mark = Mark { id, metric, variant, parameter, label, role, unit, per };
        mark.label = versioned(&mark.label, [&mark]);
        mark
    }
}

/// The unit of all of them.
///
/// # Errors
/// They have several.
pub fn unit<'a>(asked: &Asked<'_>, marks: impl IntoIterator<Item = &'a Mark>) -> Result<String> {
    let mut units = marks.into_iter().map(|mark| &mark.unit);
    let unit = units.next().cloned().unwrap_or_default();
    if let Some(other) = units.find(|other| **other != unit) {
        bail!(
            "{}: the chart {:?} has one axis, for {unit:?} or for {other:?}; draw two charts",
            asked.slug,
            asked.chart.id
        );
    }
    Ok(unit)
}

/// The ends of all intervals, and all that is drawn as ticks.
pub fn ends<'a>(marks: impl IntoIterator<Item = &'a Mark>) -> Vec<f64> {
    let of =
        |(_, measure): (usize, &Measure)| [&[measure.estimate.lower, measure.estimate.upper], measure.ticks()].concat();
    marks.into_iter().flat_map(|mark| mark.measured().flat_map(of).collect::<Vec<_>>()).collect()
}

/// All points as a table: a row for each, with a column for each edition.
pub fn table<'a>(marks: impl IntoIterator<Item = &'a Mark>, head: &str, over: &str, editions: &[&Edition]) -> Html {
    let marks: Vec<&Mark> = marks.into_iter().collect();
    let has = |edition: &usize| marks.iter().any(|mark| mark.per[*edition].is_some());
    let shown: Vec<usize> = (0..editions.len()).filter(has).collect();
    let heads: Html = shown
        .iter()
        .map(|&number| (number, editions[number]))
        .map(|(number, edition)| html!("<th>{}, {}</th>", edition.called(), launches(&marks, number)))
        .collect();
    let rows = marks.iter().map(|mark| {
        let cells = shown.iter().map(|&edition| match &mark.per[edition] {
            Some(measure) => cell(mark, edition, measure.estimate),
            None => html!("<td>not measured</td>"),
        });
        let at = if over.is_empty() { Html::default() } else { html!("<td>{}</td>", mark.parameter) };
        let label = listed((&mark.label, mark.role), marks.iter().map(|other| (&other.label[..], other.role)));
        html!("<tr><th scope=\"row\">{}</th>{}{}</tr>\n", label, at, cells.collect::<Html>())
    });
    let over = if over.is_empty() { Html::default() } else { html!("<th>{}</th>", over) };
    html!(
        "<table><thead><tr>{}{}{}</tr></thead><tbody>{}</tbody></table>",
        // A cell without words is no head.
        if head.is_empty() { html!("<td></td>") } else { html!("<th>{}</th>", head) },
        over,
        heads,
        rows.collect::<Html>()
    )
}

/// What is called so in a list, where no colour tells it from another of this name.
pub(crate) fn listed<'a>(
    (label, role): (&str, Option<Role>),
    mut all: impl Iterator<Item = (&'a str, Option<Role>)>,
) -> String {
    match role {
        Some(role) if all.any(|(other, of)| other == label && of != Some(role)) => {
            format!("{label}, {}", role.in_words())
        }
        _ => label.to_owned(),
    }
}

/// How many launches an edition's points have, in words: `9 launches`, `3 to 9 launches`.
pub(crate) fn launches(marks: &[&Mark], edition: usize) -> String {
    let counts = || marks.iter().filter_map(|mark| Some(mark.per.get(edition)?.as_ref()?.estimate.launches));
    match (counts().min(), counts().max()) {
        (Some(1), Some(1)) => "one launch".to_owned(),
        (Some(least), Some(most)) if least == most => format!("{least} launches"),
        (Some(least), Some(most)) => format!("{least} to {most} launches"),
        _ => "not measured".to_owned(),
    }
}

/// Behind an interval, the interpreter that ran a point in an edition, where the editions have several and no label can say one.
pub(crate) fn on(mark: &Mark, edition: usize) -> Html {
    let on = mark.per[edition].as_ref().and_then(|measure| measure.interpreter.as_ref());
    on.filter(|_| version([mark]).is_none()).map_or_else(Html::default, |on| html!("; {}", on))
}

/// A cell of a table, by which a mark finds it: the value with its interval.
fn cell(mark: &Mark, edition: usize, estimate: Estimate) -> Html {
    let Mark { id, unit, .. } = mark;
    let wide = if estimate.is_wide() { html!(" <span class=\"mark\">wide</span>") } else { Html::default() };
    html!(
        "<td data-c=\"{}.{}\">{} <small>({}{})</small>{}</td>",
        *id,
        edition,
        estimate.exact(unit),
        estimate.range(unit),
        on(mark, edition),
        wide
    )
}

/// All points of an edition as CSV.
pub fn csv<'a>(marks: impl IntoIterator<Item = &'a Mark>, edition: usize) -> String {
    let measured = |mark: &'a Mark| Some((mark, mark.per.get(edition)?.as_ref()?));
    let all: Vec<(&Mark, &Measure)> = marks.into_iter().filter_map(measured).collect();
    let is_run = all.iter().any(|(_, measure)| measure.interpreter.is_some());
    let mut csv = String::from("metric,variant,parameter,unit,value,lower,upper,launches,other mode");
    csv += if is_run { ",interpreter\n" } else { "\n" };
    for (Mark { metric, variant, parameter, unit, .. }, Measure { estimate: e, interpreter, .. }) in all {
        let on = if is_run { format!(",{}", interpreter.as_deref().unwrap_or_default()) } else { String::new() };
        let (value, other) = e.modes.map_or((e.value, String::new()), |modes| {
            let [value, other] = modes.values;
            (value, other.to_string())
        });
        let _ = writeln!(
            csv,
            "{metric},{variant},{parameter},{unit},{},{},{},{},{other}{on}",
            rounded(value),
            rounded(e.lower),
            rounded(e.upper),
            e.launches
        );
    }
    csv
}

/// What to keep in mind of these points in an edition, each in a few words.
pub fn notes<'a>(marks: impl IntoIterator<Item = &'a Mark>, edition: usize) -> Vec<String> {
    let all: Vec<&Measure> = marks.into_iter().filter_map(|mark| mark.per.get(edition)?.as_ref()).collect();
    let count = |like: fn(&Measure) -> bool| all.iter().filter(|measure| like(measure)).count();
    let counts = [
        (count(|measure| measure.estimate.is_wide()), "wide"),
        (count(|measure| measure.estimate.modes.is_some()), "of two modes"),
        (count(|measure| measure.disturbed > 0), "disturbed"),
    ];
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    told.map(|(count, what)| format!("{count} of {} values {what}", all.len())).collect()
}

/// What of these marks isn't drawn for an edition on an axis that runs so, each in a sentence.
pub fn left_out<'a>(marks: impl IntoIterator<Item = &'a Mark>, scale: Scale, edition: usize) -> Vec<String> {
    let (mut without, mut absent) = (Vec::new(), Vec::new());
    for mark in marks {
        match mark.per.get(edition).and_then(Option::as_ref) {
            Some(measure) if scale == Scale::Log && measure.value() <= 0.0 => without.push(&mark.label[..]),
            Some(_) => {}
            None => absent.push(&mark.label[..]),
        }
    }
    let told = [("0 has no place on a log axis", without), ("Not measured on this machine", absent)];
    let told = told.into_iter().filter(|(_, labels)| !labels.is_empty());
    told.map(|(what, labels)| format!("{what}: {}.", labels.join("; "))).collect()
}

/// Checks a point that a field names: `variant/parameter` behind a `metric`, otherwise `metric/variant/parameter`; without
/// a parameter if it has none.
///
/// # Errors
/// It is written otherwise, or there is no such variant or metric.
pub fn check(
    lesson: &Lesson,
    chart: &Chart,
    (field, written): (&str, &str),
    metric: Option<&str>,
    has_parameter: bool,
) -> Result<(), Fault> {
    let Some((metric, variant, parameter)) = parts(written, metric, has_parameter) else {
        let form = match (has_parameter, metric.is_some()) {
            (true, true) => "variant/parameter",
            (true, false) => "metric/variant/parameter, or give the chart a `metric`",
            (false, true) => "the name of a variant",
            (false, false) => "metric/variant, or give the chart a `metric`",
        };
        return Err(chart.fault(field, format!("write {written:?} as {form}")));
    };
    let known = lesson.knows(variant).and_then(|()| lesson.shows(metric, parameter));
    known.map_err(|what| chart.fault(field, what))
}

/// The metric, variant and parameter that is written; without `has_parameter` there is none. Nothing if it is written
/// otherwise.
pub(crate) fn parts<'a>(
    written: &'a str,
    metric: Option<&'a str>,
    has_parameter: bool,
) -> Option<(&'a str, &'a str, &'a str)> {
    let mut parts = written.split('/');
    let metric = metric.or_else(|| parts.next())?;
    let variant = parts.next()?;
    let parameter = if has_parameter { parts.next()? } else { "" };
    let is_whole = parts.next().is_none() && !metric.is_empty() && !variant.is_empty();
    is_whole.then_some((metric, variant, parameter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_colour_tells_apart_is_listed_with_its_role() {
        let mut marks = [Mark::example(0, "1", 10.0), Mark::example(0, "1", 20.0), Mark::example(1, "1", 30.0)];
        marks[1].role = Some(Role::Process);
        let all = || marks.iter().map(|mark| (&mark.label[..], mark.role));
        let told = marks.each_ref().map(|mark| listed((&mark.label, mark.role), all()));
        assert_eq!(told, ["a < b 0, threads", "a < b 0, processes", "a < b 1"]);
    }
}
