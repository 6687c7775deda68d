//! What the charts of values have in common: points, put together in series.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Result, bail};
use edition::Point;
use edition::criterion::rounded;
use edition::estimate::Estimate;
use edition::lesson::{Chart, Fault, Lesson};

use crate::axes::Scale;
use crate::html;
use crate::html::Html;
use crate::kind::Asked;

/// A measured point of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    metric: String,
    variant: String,
    pub parameter: String,
    pub estimate: Estimate,
    /// The samples, if they have two modes.
    pub samples: Vec<f64>,
    /// How many of its launches were disturbed.
    pub disturbed: usize,
}

impl Mark {
    #[cfg(test)]
    pub fn example(parameter: &str, value: f64) -> Self {
        let estimate =
            Estimate { value, lower: value * 0.9, upper: value * 1.1, launches: 6, is_same: false, modes: None };
        let [metric, variant, parameter] = ["time", "slow", parameter].map(str::to_owned);
        Self { metric, variant, parameter, estimate, samples: Vec::new(), disturbed: 0 }
    }

    /// The values to mark: the median, or both modes.
    pub fn values(&self) -> Vec<f64> {
        self.estimate.modes.map_or_else(|| vec![self.estimate.value], |modes| modes.values.to_vec())
    }

    /// The value that a line goes through: never one between two modes, but the one that more samples have.
    pub fn value(&self) -> f64 {
        self.estimate.modes.map_or(self.estimate.value, |modes| modes.values[usize::from(modes.lower_share < 0.5)])
    }

    /// The parameter as a number; 0 if it's none.
    pub fn at(&self) -> f64 {
        self.parameter.parse().unwrap_or(0.0)
    }
}

/// Points that belong together: the words that tell them from others, a number for their colour and shape, and the points.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub label: String,
    /// The variant's place in the lesson: it has the same colour in every chart of a chapter.
    pub number: usize,
    /// Whether it is computed, not measured.
    pub computed: bool,
    pub marks: Vec<Mark>,
}

/// All series of a chart, in one unit.
#[derive(Clone, Debug)]
pub(crate) struct Points {
    pub series: Vec<Series>,
    pub unit: String,
}

impl Points {
    /// Gives each of the `series` the words that tell it from the others, and a number for its colour: that of its variant,
    /// unless a variant has several. `by_parameter` says whether parameters tell them apart too.
    ///
    /// # Errors
    /// The points have several units.
    pub fn of(asked: &Asked<'_>, series: Vec<Vec<&Point>>, by_parameter: bool) -> Result<Self> {
        let (lesson, slug) = (asked.lesson, asked.slug);
        let first: Vec<&Point> = series.iter().filter_map(|points| points.first().copied()).collect();
        let differ = |part: fn(&Point) -> &str| first.iter().any(|point| part(point) != part(first[0]));
        let metrics = differ(|point| &point.metric);
        let variants = differ(|point| &point.variant) || !metrics;
        let parameters = by_parameter && differ(|point| &point.parameter);
        let mut known = BTreeSet::new();
        let by_variant = first.iter().all(|point| known.insert(&point.variant));
        let words = |point: &Point| {
            let words = [
                variants.then(|| lesson.label(&point.variant)),
                metrics.then(|| lesson.metric_label(&point.metric)),
                parameters.then_some(&point.parameter[..]),
                lesson.is_computed(&point.variant).then_some("computed"),
            ];
            words.into_iter().flatten().collect::<Vec<_>>().join(", ")
        };
        let mut units = series.iter().flatten().map(|point| &point.unit[..]);
        let unit = units.next().unwrap_or("").to_owned();
        if let Some(other) = units.find(|other| *other != unit) {
            bail!(
                "{slug}: the chart {:?} has one axis, for {unit:?} or for {other:?}; draw two charts",
                asked.chart.id
            );
        }
        let mark = |point: &&Point| {
            let (metric, variant, parameter) = (point.metric.clone(), point.variant.clone(), point.parameter.clone());
            let (samples, disturbed) = (point.samples.clone(), point.disturbed);
            Some(Mark { metric, variant, parameter, estimate: point.estimate()?, samples, disturbed })
        };
        let variant = |point: &Point| lesson.variants.iter().position(|known| known.name == point.variant);
        let series = series.iter().filter(|points| !points.is_empty()).enumerate().map(|(row, points)| Series {
            label: words(points[0]),
            number: if metrics && !by_variant { row } else { variant(points[0]).unwrap_or(0) },
            computed: lesson.is_computed(&points[0].variant),
            marks: points.iter().filter_map(mark).collect(),
        });
        Ok(Self { series: series.filter(|series| !series.marks.is_empty()).collect(), unit })
    }

    /// Every point.
    pub fn all(&self) -> impl Iterator<Item = &Mark> {
        self.series.iter().flat_map(|series| &series.marks)
    }

    /// The ends of all intervals.
    pub fn ends(&self) -> Vec<f64> {
        self.all().flat_map(|mark| [mark.estimate.lower, mark.estimate.upper]).collect()
    }

    /// What to keep in mind of these points, each in a few words.
    pub fn marks(&self) -> Vec<String> {
        let all = self.marks_of(|_| true);
        let counts = [
            (self.marks_of(|mark| mark.estimate.is_wide()), "wide"),
            (self.marks_of(|mark| mark.estimate.modes.is_some()), "of two modes"),
            (self.marks_of(|mark| mark.disturbed > 0), "disturbed"),
        ];
        let told = counts.into_iter().filter(|(count, _)| *count > 0);
        told.map(|(count, what)| format!("{count} of {all} values {what}")).collect()
    }

    fn marks_of(&self, like: impl Fn(&Mark) -> bool) -> usize {
        self.all().filter(|mark| like(mark)).count()
    }

    /// What has no place on the axis, as a sentence with a space before it; `in_words` tells it of a series and its points.
    /// Empty where all has.
    pub fn without_place(&self, scale: Scale, in_words: impl Fn(&Series, &[&Mark]) -> String) -> String {
        let without = |mark: &&Mark| scale == Scale::Log && mark.estimate.value <= 0.0;
        let of = |series: &Series| {
            let marks: Vec<&Mark> = series.marks.iter().filter(without).collect();
            (!marks.is_empty()).then(|| in_words(series, &marks))
        };
        let told: Vec<String> = self.series.iter().filter_map(of).collect();
        match told.is_empty() {
            true => String::new(),
            false => format!(" 0 has no place on a logarithmic axis: {}.", told.join("; ")),
        }
    }

    /// All points as CSV.
    pub fn csv(&self) -> String {
        let mut csv = String::from("metric,variant,parameter,unit,value,lower,upper,launches,other mode\n");
        for Mark { metric, variant, parameter, estimate: e, .. } in self.all() {
            let (value, other) = e.modes.map_or((e.value, String::new()), |modes| {
                let [value, other] = modes.values;
                (value, other.to_string())
            });
            let _ = writeln!(
                csv,
                "{metric},{variant},{parameter},{},{},{},{},{},{other}",
                self.unit,
                rounded(value),
                rounded(e.lower),
                rounded(e.upper),
                e.launches
            );
        }
        csv
    }
}

/// A cell of a table: the value with its interval.
pub(crate) fn cell(estimate: Estimate, unit: &str) -> Html {
    let wide = if estimate.is_wide() { html!(" <span class=\"mark\">wide</span>") } else { Html::default() };
    html!("<td>{} <small>({})</small>{}</td>", estimate.exact(unit), estimate.range(unit), wide)
}

/// Checks what a field names, each `variant` or `metric/variant`, with a parameter behind it if `has_parameter`.
///
/// # Errors
/// There is nothing, one is written otherwise, or there is no such variant.
pub(crate) fn check(
    lesson: &Lesson,
    chart: &Chart,
    (field, written): (&str, &[String]),
    metric: Option<&str>,
    has_parameter: bool,
) -> Result<(), Fault> {
    if written.is_empty() {
        return Err(chart.fault(field, "it draws nothing; name what to draw"));
    }
    for (number, written) in written.iter().enumerate() {
        let fault = |what: String| chart.fault(&format!("{field}.{number}"), what);
        let Some((metric, variant, parameter)) = parts(written, metric, has_parameter) else {
            let form = match (has_parameter, metric.is_some()) {
                (true, true) => "variant/parameter",
                (true, false) => "metric/variant/parameter, or give the chart a `metric`",
                (false, true) => "the name of a variant",
                (false, false) => "metric/variant, or give the chart a `metric`",
            };
            return Err(fault(format!("write {written:?} as {form}")));
        };
        lesson.knows(variant).and_then(|()| lesson.shows(metric, parameter)).map_err(fault)?;
    }
    Ok(())
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
    use edition::example::project;

    #[test]
    fn a_chart_of_several_metrics_tells_its_series_apart() {
        let project = project(&["reference"]);
        let lesson = project.lessons["example"].clone();
        let mut points = project.editions[0].recordings["example"].points.clone();
        points.iter_mut().for_each(|point| point.unit = "updates".to_owned());
        let labels = |names: &[&str], by_parameter| -> Vec<(String, usize)> {
            let of = |written: &&str| points.iter().filter(|point| point.name().starts_with(written)).collect();
            let asked = Asked { slug: "example", lesson: &lesson, chart: &lesson.charts[0] };
            let points = Points::of(&asked, names.iter().map(of).collect(), by_parameter).unwrap();
            points.series.into_iter().map(|series| (series.label, series.number)).collect()
        };
        let named = |all: &[(&str, usize)]| all.iter().map(|(label, n)| (label.to_string(), *n)).collect::<Vec<_>>();
        assert_eq!(labels(&["time/slow", "lost/slow"], false), named(&[("cost of one", 0), ("updates lost", 1)]));
        assert_eq!(labels(&["time/fast", "time/slow"], false), named(&[("fast way", 1), ("slow way", 0)]));
        let both = named(&[("fast way, cost of one", 1), ("slow way, updates lost", 0)]);
        assert_eq!(labels(&["time/fast", "lost/slow"], false), both);
        assert_eq!(
            labels(&["time/slow/1", "lost/slow/2"], true),
            named(&[("cost of one, 1", 0), ("updates lost, 2", 1)])
        );
        assert_eq!(labels(&["time/slow/2", "time/slow/1"], true), named(&[("slow way, 2", 0), ("slow way, 1", 0)]));
    }
}
