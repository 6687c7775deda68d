//! Lines: one with a band for each series, over a parameter.

use anyhow::{Context, Result, bail};
use base::quantity::singular;
use edition::estimate::Estimate;
use edition::lesson::{Chart, Fault, Lesson};
use edition::{Edition, NotRecorded, Point};
use plotters::prelude::{Color, Polygon};
use plotters::style::text_anchor::{HPos, VPos};
use serde::Deserialize;

use crate::axes::{Across, Axis, Ruler, Scale, bare};
use crate::drawing::{
    AXIS_COLOUR, COMPUTED_WIDTH, GRID_COLOUR, TEXT, WIDTH, apart, colour, draw, label, label_lines, line, marker, width,
};
use crate::html;
use crate::html::Html;
use crate::kind::{Asked, Kind};
use crate::points::{self, Mark, Points, Series, cell};

/// What lesson.toml says of a lines chart.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// Which metric it shows. Without it, each of the series names its own, in front.
    metric: Option<String>,
    /// The variants to draw, or with metrics of their own, each `metric/variant`.
    series: Vec<String>,
    /// The words for the parameter.
    #[serde(default)]
    over: String,
    /// The parameter that stands at 0, if it has a name: `one-core` for nothing but that. Others with names aren't drawn then.
    zero: Option<String>,
    /// How the value axis runs.
    #[serde(default)]
    scale: Scale,
}

/// The lines, and what they run over.
pub struct Lines {
    points: Points,
    over: String,
    scale: Scale,
}

impl Kind for Lines {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let Fields { metric, series, .. } = lesson.fields(chart)?;
        points::check(lesson, chart, ("series", &series), metric.as_deref(), false)
    }

    fn gather(asked: &Asked<'_>, edition: &Edition) -> Result<Self> {
        let Fields { metric, series, over, scale, zero } = asked.fields()?;
        let (slug, name) = (asked.slug, &edition.name);
        let recording = edition.recordings.get(slug);
        let recording = recording.ok_or_else(|| NotRecorded(format!("{slug} has no data in the edition {name}")))?;
        let number = |point: &Point| match zero.as_deref() == Some(&point.parameter) {
            true => Some(0.0),
            false => point.parameter.parse().ok().filter(|at: &f64| at.is_finite()),
        };
        let of = |written: &String| {
            let parts = points::parts(written, metric.as_deref(), false);
            let (metric, variant, _) = parts.with_context(|| format!("{written:?} is no series"))?;
            let of = |point: &&Point| {
                let is_drawn = zero.is_none() || number(point).is_some();
                point.metric == metric && point.variant == variant && is_drawn
            };
            let mut points: Vec<&Point> = recording.points.iter().filter(of).collect();
            if points.is_empty() {
                bail!(NotRecorded(format!("{slug} has no {metric} of {variant:?} in the edition {name}")));
            }
            if let Some(point) = points.iter().find(|point| number(point).is_none()) {
                bail!("{slug}: {metric}/{variant}/{} has no number to be drawn over", point.parameter);
            }
            points.sort_by(|a, b| number(a).partial_cmp(&number(b)).expect("numbers can be compared"));
            Ok(points)
        };
        let series = series.iter().map(of).collect::<Result<_>>()?;
        Ok(Self { points: Points::of(asked, series, false)?, over, scale })
    }

    fn ends(&self) -> Vec<f64> {
        self.points.ends()
    }

    /// The parameter's axis is linear or logarithmic, whichever keeps its numbers further apart. A logarithmic axis of values
    /// has no place for 0 and less: a line has a gap there.
    fn draw(&self, axis: &str, reach: &[f64]) -> Html {
        let series = &self.points.series;
        let labels: Vec<Vec<String>> = series.iter().map(|one| label_lines(&one.label)).collect();
        let rows = labels.iter().map(Vec::len).max().unwrap_or(1) as i32;
        let gap = rows * TEXT + 8;
        let (top, height) = (56, 640.max(gap * series.len() as i32 + 80));
        let bottom = height - 100;
        let axis = Axis { label: axis, unit: &self.points.unit, scale: self.scale };
        let values = Ruler::new(&[&self.ends(), reach].concat(), self.scale, (bottom, top));
        let ticks: Vec<(f64, String)> = axis.ticks(&values);
        let widest = ticks.iter().map(|(_, words)| width(words)).max().unwrap_or(0);
        let longest = labels.iter().flatten().map(|words| width(words)).max().unwrap_or(0);
        let (left, right) = ((widest + 18).clamp(90, 220), (WIDTH - 38 - longest).clamp(440, 580));
        let across = Across::new(self.points.all().map(Mark::at), (left + 20, right - 20));
        draw(height, |area| {
            label(area, &axis.words(), (4, 4), HPos::Left, VPos::Top)?;
            for (tick, words) in &ticks {
                let y = values.place(*tick);
                line(area, &[(left, y), (right, y)], GRID_COLOUR, 2)?;
                label(area, words, (left - 10, y), HPos::Right, VPos::Center)?;
            }
            line(area, &[(left, bottom), (right, bottom)], AXIS_COLOUR, 2)?;
            for x in across.broken.iter().flat_map(|x| [x - 5, x + 5]) {
                line(area, &[(x - 4, bottom + 9), (x + 4, bottom - 9)], AXIS_COLOUR, 2)?;
            }
            let mut free = WIDTH;
            for (x, place) in across.places.iter().rev() {
                line(area, &[(*place, bottom), (*place, bottom + 8)], AXIS_COLOUR, 2)?;
                let words = bare(*x);
                // The tick alone tells where there is no room for its number.
                if place + width(&words) / 2 < free {
                    label(area, &words, (*place, bottom + 14), HPos::Center, VPos::Top)?;
                    free = place - width(&words) / 2 - 6;
                }
            }
            label(area, &self.over, ((left + right) / 2, bottom + 50), HPos::Center, VPos::Top)?;
            for one in series {
                let number = one.number;
                let at = |mark: &Mark, value: fn(&Estimate) -> f64| {
                    (across.place(mark.at()), values.place(value(&mark.estimate)))
                };
                for part in one.marks.split(|mark| !values.has(mark.value())).filter(|part| !part.is_empty()) {
                    let upper = part.iter().map(|mark| at(mark, |e| e.upper));
                    let lower = part.iter().rev().map(|mark| at(mark, |e| e.lower));
                    let band: Vec<_> = upper.chain(lower).collect();
                    area.draw(&Polygon::new(band, colour(number).mix(0.25)))?;
                    let place = |mark: &Mark, value| (across.place(mark.at()), values.place(value));
                    let line_at: Vec<_> = part.iter().map(|mark| place(mark, mark.value())).collect();
                    line(area, &line_at, colour(number), if one.computed { COMPUTED_WIDTH } else { 4 })?;
                    for mark in part.iter().filter(|_| !one.computed) {
                        for (x, y) in mark.samples.iter().map(|sample| place(mark, *sample)) {
                            line(area, &[(x - 8, y), (x + 8, y)], colour(number), 2)?;
                        }
                        mark.values().into_iter().try_for_each(|value| marker(area, number, place(mark, value)))?;
                    }
                }
            }
            let end = |one: &Series| {
                let last = one.marks.iter().rfind(|mark| values.has(mark.value()))?;
                Some((across.place(last.at()), values.place(last.value())))
            };
            let last: Vec<(i32, i32)> = series.iter().map(|one| end(one).unwrap_or((right - 20, bottom))).collect();
            // Labels keep clear of the axis, if there is room; the lowest line of one has letters that reach below it.
            let lowest = height - rows * TEXT / 2 - 8;
            let lowest = if gap * series.len() as i32 <= bottom - top { lowest.min(bottom) } else { lowest };
            let bounds = (top + rows * TEXT / 2, lowest);
            let places = apart(&last.iter().map(|(_, y)| *y).collect::<Vec<_>>(), gap, bounds);
            for (((one, words), (x, from)), y) in series.iter().zip(&labels).zip(&last).zip(places) {
                // From a line that ends earlier, a connection would look like a part of it.
                if x + 30 >= right {
                    line(area, &[(x + 12, *from), (right + 10, y)], colour(one.number), 2)?;
                }
                if !one.computed {
                    marker(area, one.number, (right + 22, y))?;
                }
                for (row, line) in words.iter().enumerate() {
                    let shift = TEXT * (2 * row as i32 + 1 - words.len() as i32) / 2;
                    label(area, line, (right + 38, y + shift), HPos::Left, VPos::Center)?;
                }
            }
            Ok(())
        })
    }

    fn words(&self) -> String {
        let value = |mark: &Mark| format!("{} at {}", mark.estimate.said(&self.points.unit), bare(mark.at()));
        let values = |one: &Series| one.marks.iter().map(value).collect::<Vec<_>>().join(", ");
        self.points.series.iter().map(|one| format!(" {}: {}.", one.label, values(one))).collect()
    }

    fn table(&self, axis: &str) -> Html {
        let mut marks: Vec<&Mark> = self.points.all().collect();
        marks.sort_by(|a, b| a.at().total_cmp(&b.at()));
        marks.dedup_by(|a, b| a.parameter == b.parameter);
        // Of `processes, each on a core of its own` the first word is what is counted.
        let (counted, more) = self.over.split_at(self.over.find([' ', ',']).unwrap_or(self.over.len()));
        let counted = |at: f64| if at == 1.0 { singular(counted) } else { counted.to_owned() };
        let head = |mark: &&Mark| html!("<th>{} {}{}</th>", bare(mark.at()), counted(mark.at()), more);
        let heads: Html = marks.iter().map(head).collect();
        let row = |one: &Series| {
            let cells = marks.iter().map(|at| match one.marks.iter().find(|mark| mark.parameter == at.parameter) {
                Some(mark) => cell(mark.estimate, &self.points.unit),
                None => html!("<td></td>"),
            });
            html!("<tr><th scope=\"row\">{}</th>{}</tr>", one.label, cells.collect::<Html>())
        };
        let rows: Html = self.points.series.iter().map(row).collect();
        html!("<table><thead><tr><th>{}</th>{}</tr></thead><tbody>{}</tbody></table>", axis, heads, rows)
    }

    fn csv(&self) -> String {
        self.points.csv()
    }

    fn marks(&self, asked: &Asked<'_>, edition: &Edition) -> Vec<String> {
        [asked.marks(edition), self.points.marks()].concat()
    }

    fn about(&self, asked: &Asked<'_>, edition: &Edition) -> String {
        let at = |marks: &[&Mark]| marks.iter().map(|mark| bare(mark.at())).collect::<Vec<_>>().join(", ");
        let without = self.points.without_place(self.scale, |one, marks| format!("{}, at {}", one.label, at(marks)));
        asked.recorded(edition) + &without
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{DARK, LIGHT, height, paint};

    fn series(number: usize, label: &str, marks: impl IntoIterator<Item = (f64, f64)>) -> Series {
        let marks = marks.into_iter().map(|(at, value)| Mark::example(&at.to_string(), value));
        Series { label: label.to_owned(), number, computed: false, marks: marks.collect() }
    }

    fn lines(series: Vec<Series>, scale: Scale) -> Html {
        let points = Points { series, unit: "ns".to_owned() };
        Lines { points, over: "workers".to_owned(), scale }.draw("time & <place>", &[])
    }

    #[test]
    fn a_drawing_can_stand_in_markdown_and_has_a_palettes_colours() {
        let label = |number| format!("series {number}, <b>");
        let marks = |factor: f64| [1.0, 2.0, 4.0, 8.0].map(|at| (at, at * factor));
        let many = (0..8).map(|number| series(number, &label(number), marks(10_f64.powi(number as i32 - 2)))).collect();
        for drawing in [lines(many, Scale::Log), lines(vec![series(0, "<b>", marks(1.0))], Scale::Linear)] {
            let text = drawing.as_str();
            assert!(!text.contains('\n') && !text.contains("<b>") && !text.contains("NaN"), "{text}");
            assert!(text.contains("&lt;") && text.ends_with("</svg>") && height(&drawing) > 0);
            for palette in [None, Some(&LIGHT), Some(&DARK)] {
                let painted = String::from(paint(&drawing, palette));
                let left = ["\"#010000", "\"#020000", "\"#030000", "\"#040"];
                assert!(!left.iter().any(|left| painted.contains(left)), "{painted}");
                assert_eq!(painted.contains("var(--series-"), palette.is_none());
            }
        }
        assert!(lines(Vec::new(), Scale::Log).as_str().contains("workers"));
    }

    #[test]
    fn a_table_counts_as_people_do() {
        let heads = |over: &str| {
            let points = Points { series: vec![series(0, "a", [(1.0, 1.0), (2.0, 2.0)])], unit: "ns".to_owned() };
            String::from(Lines { points, over: over.to_owned(), scale: Scale::Log }.table("time"))
        };
        let own = heads("processes, each on a core of its own");
        assert!(own.contains("<th>1 process, each on") && own.contains("<th>2 processes, each on"), "{own}");
        let at_once = heads("at once");
        assert!(at_once.contains("<th>1 at once</th><th>2 at once</th>"), "{at_once}");
    }

    #[test]
    fn a_line_has_a_gap_where_its_value_is_0_on_a_logarithmic_axis() {
        let markers = |values: [f64; 4]| {
            let marks = values.into_iter().enumerate().map(|(at, value)| (at as f64, value));
            lines(vec![series(0, "a", marks)], Scale::Log).as_str().matches("<circle").count() - 1
        };
        assert_eq!((markers([1.0, 2.0, 3.0, 4.0]), markers([0.0, 2.0, 0.0, 4.0]), markers([0.0; 4])), (4, 2, 0));
    }

    #[test]
    fn a_line_that_ends_early_is_not_led_on_to_its_label() {
        let connections = |ends: [f64; 2]| {
            let all = (0..2).map(|number| series(number, "a", [(1.0, 1.0), (ends[number], 2.0)])).collect();
            lines(all, Scale::Linear).as_str().matches("stroke=\"#040000\" stroke-width=\"2\"").count()
        };
        assert_eq!((connections([64.0, 64.0]), connections([2.0, 64.0])), (1, 0));
    }

    #[test]
    fn labels_of_lines_that_end_low_or_high_stay_in_the_drawing() {
        for ends in [[1.0, 1.0, 1.0, 1.0, 1.0, 5000.0], [1.0, 5000.0, 5000.0, 5000.0, 5000.0, 5000.0]] {
            let all = ends.iter().enumerate();
            let all = all.map(|(number, end)| series(number, "threads, padded", [(1.0, 1.0), (2.0, *end)]));
            let drawing = lines(all.collect(), Scale::Log);
            // The middle of each line's last word.
            let texts = drawing.as_str().split("<text ").filter(|text| text.contains(">padded<"));
            let places: Vec<i32> = texts
                .map(|text| text.split(" y=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
                .collect();
            assert_eq!(places.len(), 6);
            assert!(places.iter().all(|y| (TEXT..=height(&drawing) - TEXT * 3 / 4).contains(y)), "{places:?}");
        }
    }
}
