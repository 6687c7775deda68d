//! Dots: a row for each point, with its interval.

use anyhow::{Context, Result};
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson};
use plotters::style::text_anchor::{HPos, VPos};
use serde::Deserialize;

use crate::axes::{Axis, Ruler, Scale};
use crate::drawing::{AXIS_COLOUR, GRID_COLOUR, WIDTH, colour, draw, label, line, marker, width};
use crate::html;
use crate::html::Html;
use crate::kind::{Asked, Kind};
use crate::points::{self, Points, cell};

/// What lesson.toml says of a dots chart.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// Which metric it shows. Without it, each of the points names its own, in front.
    metric: Option<String>,
    /// The points to draw, each `variant/parameter`, or `metric/variant/parameter`.
    points: Vec<String>,
    /// More of them, which not every machine has: where one isn't measured, the chart's words say so.
    #[serde(default)]
    where_there: Vec<String>,
    /// How the value axis runs.
    #[serde(default)]
    scale: Scale,
}

/// The dots: a series for each, of one point.
pub struct Dots {
    points: Points,
    scale: Scale,
    /// The labels of what isn't measured here.
    absent: Vec<String>,
}

impl Kind for Dots {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let Fields { metric, points, where_there, .. } = lesson.fields(chart)?;
        points::check(lesson, chart, ("points", &points), metric.as_deref(), true)?;
        // An empty list is none that is wrong.
        match where_there[..] {
            [] => Ok(()),
            _ => points::check(lesson, chart, ("where_there", &where_there), metric.as_deref(), true),
        }
    }

    fn gather(asked: &Asked<'_>, edition: &Edition) -> Result<Self> {
        let Fields { metric, points, where_there, scale } = asked.fields()?;
        let parts = |written: &'_ String| -> Result<(String, String)> {
            let parts = points::parts(written, metric.as_deref(), true);
            let (metric, variant, parameter) = parts.with_context(|| format!("{written:?} is no point"))?;
            Ok((variant.to_owned(), format!("{metric}/{variant}/{parameter}")))
        };
        let point = |written: &String| Ok(vec![edition.point(asked.slug, &parts(written)?.1)?]);
        let mut points = points.iter().map(point).collect::<Result<Vec<_>>>()?;
        let mut absent = Vec::new();
        for written in &where_there {
            let (variant, name) = parts(written)?;
            match edition.point(asked.slug, &name) {
                Ok(point) => points.push(vec![point]),
                Err(_) => absent.push(asked.lesson.label(&variant).to_owned()),
            }
        }
        Ok(Self { points: Points::of(asked, points, true)?, scale, absent })
    }

    fn ends(&self) -> Vec<f64> {
        self.points.ends()
    }

    /// A dot with its interval for each row, below the row's label. What is 0 or less has no dot on a logarithmic axis.
    fn draw(&self, axis: &str, reach: &[f64]) -> Html {
        const ROW: i32 = 74;
        let (left, right) = (24, WIDTH - 40);
        let bottom = ROW * self.points.series.len() as i32 + 10;
        let axis = Axis { label: axis, unit: &self.points.unit, scale: self.scale };
        let values = Ruler::new(&[&self.ends(), reach].concat(), self.scale, (left, right));
        draw(bottom + 86, |area| {
            let mut free = WIDTH;
            for (tick, words) in axis.ticks(&values).iter().rev() {
                let x = values.place(*tick);
                line(area, &[(x, 0), (x, bottom)], GRID_COLOUR, 2)?;
                // The first one may reach to the edge, and the line alone tells where there is no room.
                if x + width(words) / 2 < free {
                    label(area, words, (x.max(width(words) / 2), bottom + 8), HPos::Center, VPos::Top)?;
                    free = x - width(words) / 2 - 6;
                }
            }
            line(area, &[(left, bottom), (right, bottom)], AXIS_COLOUR, 2)?;
            label(area, &axis.words(), ((left + right) / 2, bottom + 46), HPos::Center, VPos::Top)?;
            for (at, row) in self.points.series.iter().enumerate() {
                let (y, mark) = (ROW * at as i32, &row.marks[0]);
                let words = format!("{}: {}", row.label, mark.estimate.said(axis.unit));
                label(area, &words, (left, y + 6), HPos::Left, VPos::Top)?;
                let (y, estimate) = (y + 54, mark.estimate);
                if !values.has(mark.value()) {
                    continue;
                }
                if mark.samples.is_empty() {
                    let interval = [(values.place(estimate.lower), y), (values.place(estimate.upper), y)];
                    line(area, &interval, colour(row.number), 6)?;
                }
                for sample in mark.samples.iter().filter(|sample| values.has(**sample)) {
                    let x = values.place(*sample);
                    line(area, &[(x, y - 8), (x, y + 8)], colour(row.number), 2)?;
                }
                for value in mark.values() {
                    marker(area, row.number, (values.place(value), y))?;
                }
            }
            Ok(())
        })
    }

    fn words(&self) -> String {
        let rows = self.points.series.iter();
        rows.map(|row| format!(" {}: {}.", row.label, row.marks[0].estimate.said(&self.points.unit))).collect()
    }

    fn table(&self, axis: &str) -> Html {
        let row = |row: &points::Series| {
            html!("<tr><th scope=\"row\">{}</th>{}</tr>", row.label, cell(row.marks[0].estimate, &self.points.unit))
        };
        let rows: Html = self.points.series.iter().map(row).collect();
        html!("<table><thead><tr><th>{}</th><th>value</th></tr></thead><tbody>{}</tbody></table>", axis, rows)
    }

    fn csv(&self) -> String {
        self.points.csv()
    }

    fn marks(&self, asked: &Asked<'_>, edition: &Edition) -> Vec<String> {
        [asked.marks(edition), self.points.marks()].concat()
    }

    fn about(&self, asked: &Asked<'_>, edition: &Edition) -> String {
        let absent = match &self.absent[..] {
            [] => String::new(),
            absent => format!(" Not measured on this machine: {}.", absent.join("; ")),
        };
        asked.recorded(edition) + &self.points.without_place(self.scale, |row, _| row.label.clone()) + &absent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::{Mark, Series};

    #[test]
    fn one_value_and_none_are_drawn_too() {
        let one = |value| {
            let marks = vec![Mark::example("", value)];
            Series { label: "a < b".to_owned(), number: 2, computed: false, marks }
        };
        let dots = |values: &[f64], scale| {
            let points = Points { series: values.iter().copied().map(one).collect(), unit: "ns".to_owned() };
            String::from(Dots { points, scale, absent: Vec::new() }.draw("time", &[]))
        };
        let drawn = |values: &[f64]| [Scale::Linear, Scale::Log].map(|scale| dots(values, scale));
        for drawing in drawn(&[0.0, 12.0, 48.5]).iter().chain(&drawn(&[0.0])) {
            assert!(drawing.contains("a &lt; b: 0") && !drawing.contains("NaN"), "{drawing}");
        }
        assert!(drawn(&[]).iter().all(|drawing| drawing.contains("time")));
    }
}
