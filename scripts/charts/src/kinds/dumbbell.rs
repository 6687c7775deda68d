//! Dumbbells: pairs of points that a line joins. Of the pair that is furthest apart it says by which factor.

use anyhow::Result;
use edition::Edition;
use edition::estimate::{Estimate, Launch};
use edition::lesson::{Chart, Fault, Lesson, Role};
use serde::Deserialize;

use crate::axes::{Ruler, Scale};
use crate::canvas::{Anchor, Canvas, Ink, bold_width};
use crate::html;
use crate::kind::{Asked, Kind, Line};
use crate::points::{Mark, Measure};
use crate::rows::{self, Extras, Form, Frame, Row};
use crate::strands::{Headed, Spec, Strand, Strands, measured};

/// What lesson.toml says of dumbbells.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// Which metric they show. Without it, each of the points names its own, in front.
    metric: Option<String>,
    /// What a ring is, and what a dot.
    ends: [String; 2],
    /// How the value axis runs.
    #[serde(default)]
    scale: Scale,
    /// The label of the row whose factor is told; without it, it is that of the pair that is furthest apart.
    accent: Option<String>,
    /// The rows; they are drawn in order of their values.
    #[serde(default, rename = "row")]
    rows: Vec<RowFields>,
    /// Rows under heads instead, in the order in which they are written.
    #[serde(default, rename = "group")]
    groups: Vec<Headed<RowFields>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowFields {
    label: String,
    /// The pairs, each of two points; `""` stands for one that isn't there.
    pairs: Vec<Vec<String>>,
}

impl Fields {
    fn spec(self) -> Spec {
        let about = (self.metric, self.ends.to_vec(), self.scale);
        Spec::new(about, (self.rows, self.groups), "pairs", |row| (row.label, row.pairs))
    }
}

/// The dumbbells.
pub struct Dumbbell {
    strands: Strands,
    accent: Option<String>,
}

/// How far the pairs of a row stand apart.
const APART: i32 = 12;

/// The room above a pair for its factor.
const ABOVE: i32 = 10;

/// The pair whose factor an edition tells.
struct Accent {
    row: usize,
    pair: usize,
    words: String,
}

/// The two marks of a pair in an edition.
type Ends<'a> = [(&'a Mark, &'a Measure); 2];

impl Dumbbell {
    /// Both ends of a pair, where an edition has them.
    fn ends<'a>(row: &'a Row, pair: &[Option<usize>], edition: usize) -> Option<Ends<'a>> {
        Some([measured(row, pair[0], edition)?, measured(row, pair[1], edition)?])
    }

    /// The pair that is furthest apart in an edition, of those that may tell it.
    fn accent(&self, edition: usize) -> Option<Accent> {
        let is_log = self.strands.axis().scale == Scale::Log;
        let mut all = Vec::new();
        let may = |row: &Row| self.accent.as_ref().is_none_or(|label| *label == row.name);
        for (number, (row, pairs)) in self.strands.rows().enumerate().filter(|(_, (row, _))| may(row)) {
            for (at, pair) in pairs.iter().enumerate() {
                let Some(ends) = Self::ends(row, pair, edition) else { continue };
                let Some(words) = factor(&ends) else { continue };
                let [from, to] = ends.map(|(_, measure)| if is_log { measure.value().ln() } else { measure.value() });
                all.push(((to - from).abs(), Accent { row: number, pair: at, words }));
            }
        }
        all.into_iter().max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, accent)| accent)
    }

    /// Draws the pairs of a row around the height of its middle.
    fn row(&self, canvas: &mut Canvas, row: &Row, accents: &[Option<Accent>], (ruler, middle): (&Ruler, i32)) {
        let (number, pairs) = self.strands.of(row);
        let first = middle - APART * (pairs.len() as i32 - 1) / 2;
        let height = |at: usize| first + APART * at as i32;
        for (edition, accent) in accents.iter().enumerate() {
            for (at, pair) in pairs.iter().enumerate() {
                let Some(ends) = Self::ends(row, pair, edition) else { continue };
                let values = ends.map(|(_, measure)| measure.value());
                if !values.iter().all(|value| ruler.has(*value)) {
                    continue;
                }
                let [from, to] = values.map(|value| ruler.place(value));
                let y = height(at);
                match accent.as_ref().filter(|accent| (accent.row, accent.pair) == (number, at)) {
                    Some(Accent { words, .. }) => {
                        let (mark, _) = ends[1];
                        canvas.edition(edition, |canvas| told(canvas, mark, words, [(from, y), (to, y)], first));
                    }
                    None => canvas.edition(edition, |canvas| match ends[1].0.role {
                        Some(Role::Computed) => canvas.dashed(&[(from, y), (to, y)], Ink::Axis, 1),
                        _ => canvas.line(&[(from, y), (to, y)], Ink::Axis, 1),
                    }),
                }
            }
        }
        for (at, pair) in pairs.iter().enumerate() {
            for (end, form) in pair.iter().zip([Form::Ring, Form::Dot]) {
                let Some(mark) = end.map(|end| &row.marks[end]) else { continue };
                for (edition, measure) in mark.measured() {
                    canvas.mark(mark, edition, |canvas| {
                        rows::launches(canvas, measure, ruler, height(at), 5);
                        for value in measure.values().into_iter().filter(|value| ruler.has(*value)) {
                            form.draw(canvas, (ruler.place(value), height(at)));
                        }
                    });
                }
            }
        }
    }
}

/// The line of a pair in its colour, and its factor above the row's pairs, of which `first` is the height.
fn told(canvas: &mut Canvas, mark: &Mark, words: &str, [from, to]: [(i32, i32); 2], first: i32) {
    let attributes = html!("class=\"{}\" data-v=\"{}\"", mark.role.map_or("plain", Role::class), mark.variant);
    let half = bold_width(words) / 2;
    let x = i32::midpoint(from.0, to.0).clamp(half, canvas.width() - half);
    let y = first - 14;
    canvas.group(&attributes, |canvas| {
        canvas.line(&[from, to], Ink::Own, 2);
        rows::cleared(canvas, 2 * half, (x - half, y));
        canvas.bold(words, (x, y), Anchor::Middle, Ink::Own);
    });
}

/// By which factor the second end is more than the first, or less: `×14`, `÷11`. What has two modes has none.
fn factor([(_, from), (_, to)]: &Ends<'_>) -> Option<String> {
    if from.estimate.modes.is_some() || to.estimate.modes.is_some() || from.value() <= 0.0 || to.value() <= 0.0 {
        return None;
    }
    let launches = |measure: &Measure| measure.launches.iter().copied().map(Launch::exact).collect::<Vec<_>>();
    let (sign, over, under) = if to.value() >= from.value() { ("×", to, from) } else { ("÷", from, to) };
    let said = Estimate::ratio(&launches(over), &launches(under))?.said("times");
    Some(format!("{sign}{}", said.trim_end_matches("times").trim_end_matches('\u{a0}')))
}

impl Kind for Dumbbell {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let fields: Fields = lesson.fields(chart)?;
        let accent = fields.accent.clone();
        let spec = fields.spec();
        spec.check(lesson, chart)?;
        match accent.filter(|label| !spec.has(label)) {
            Some(label) => Err(chart.fault("accent", format!("no row has the label {label:?}"))),
            None => Ok(()),
        }
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let fields: Fields = asked.fields()?;
        let accent = fields.accent.clone();
        Ok(Self { strands: fields.spec().gather(asked, editions)?, accent })
    }

    fn subtitle(&self, shows: &str) -> String {
        self.strands.subtitle(shows)
    }

    fn marks(&self) -> Vec<&Mark> {
        self.strands.marks().collect()
    }

    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let accents: Vec<_> = (0..canvas.editions).map(|edition| self.accent(edition)).collect();
        let room = |(number, (_, pairs)): (usize, (&Row, &[Strand]))| {
            let is_told = accents.iter().flatten().any(|accent| accent.row == number);
            (if is_told { ABOVE } else { 0 }, Frame::BAND + APART * (pairs.len() as i32 - 1))
        };
        let rooms: Vec<(i32, i32)> = self.strands.rows().enumerate().map(room).collect();
        // Of several pairs in a row, a value wouldn't tell whose it is.
        let are_single = self.strands.strands.iter().all(|pairs| pairs.len() == 1);
        let value = |row: &Row, edition: usize| {
            let end = self.strands.last(row).filter(|_| are_single);
            end.map_or_else(String::new, |mark| mark.said(edition))
        };
        let ends = &self.strands.ends;
        let key = [(Form::Ring, &ends[0][..]), (Form::Dot, &ends[1][..])];
        let extras = Extras { key: &key, values: if are_single { &ends[1] } else { "" }, rooms: &rooms };
        let frame = Frame { groups: &self.strands.groups, axis: self.strands.axis(), references, value: &value };
        frame.draw_with(canvas, extras, &mut |canvas, row, ruler, y| self.row(canvas, row, &accents, (ruler, y)))
    }

    fn left_out(&self, edition: usize) -> Vec<String> {
        self.strands.left_out(edition)
    }

    fn faults(&self) -> Vec<String> {
        rows::faults(self.strands.axis(), &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;
    use crate::strands::example;

    fn dumbbell(rows: &[(&str, &[&[f64]])], accent: Option<&str>) -> Dumbbell {
        let strands = example(rows, &["one core", "two cores"], Scale::Log);
        Dumbbell { strands, accent: accent.map(str::to_owned) }
    }

    fn drawn(dumbbell: &Dumbbell) -> [String; 2] {
        let of = |size| Canvas::draw(size, (1, false), |canvas| dumbbell.draw(canvas, &[]));
        [Size::Wide, Size::Narrow].map(|size| String::from(of(size).svg(&html!(""))))
    }

    #[test]
    fn the_pair_that_is_furthest_apart_tells_its_factor() {
        let rows: &[(&str, &[&[f64]])] = &[("pipe", &[&[10.0, 140.0], &[10.0, 130.0]]), ("TCP", &[&[90.0, 30.0]])];
        for svg in drawn(&dumbbell(rows, None)) {
            assert!(svg.contains(">×14.0</text>") && !svg.contains('÷'), "{svg}");
            assert!(svg.contains(">one core</text>") && svg.contains(">pipe</text>"), "{svg}");
        }
        for svg in drawn(&dumbbell(rows, Some("TCP"))) {
            assert!(svg.contains(">÷3.00</text>") && !svg.contains('×'), "{svg}");
        }
    }

    #[test]
    fn a_value_stands_beside_single_pairs_only() {
        let values = |rows: &[(&str, &[&[f64]])]| drawn(&dumbbell(rows, None))[0].matches("ns</text></g>").count();
        assert_eq!(values(&[("pipe", &[&[10.0, 140.0]]), ("TCP", &[&[20.0, 80.0]])]), 2);
        assert_eq!(values(&[("pipe", &[&[10.0, 140.0], &[10.0, 130.0]]), ("TCP", &[&[20.0, 80.0]])]), 0);
    }

    #[test]
    fn a_pair_of_one_point_and_one_of_two_modes_are_drawn_without_a_factor() {
        // Two are the key's.
        let circles = |dumbbell: &Dumbbell| drawn(dumbbell)[0].matches("<circle").count() - 2;
        assert_eq!(circles(&dumbbell(&[("spin", &[&[-1.0, 10.0]])], None)), 1);
        let mut two = dumbbell(&[("pipe", &[&[10.0, 140.0]])], None);
        let mark = &mut two.strands.groups[0].rows[0].marks[1];
        let measure = mark.per[0].as_mut().unwrap();
        measure.estimate.modes =
            Some(base::modes::Modes { values: [100.0, 200.0], ranges: [[100.0; 2], [200.0; 2]], lower_share: 0.5 });
        assert_eq!(circles(&two), 3);
        assert!(!drawn(&two)[0].contains('×'));
    }
}
