//! Ranges: how far what is typical, what is bad and the worst lie apart, on one axis with the threshold.

use anyhow::Result;
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson};
use serde::Deserialize;

use crate::axes::{Ruler, Scale};
use crate::canvas::{Canvas, Ink};
use crate::kind::{Asked, Kind, Line};
use crate::points::{Mark, Measure};
use crate::rows::{self, Extras, Form, Frame, Row};
use crate::strands::{Headed, Spec, Strands};

/// What lesson.toml says of ranges.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// Which metric they show. Without it, each of the points names its own, in front.
    metric: Option<String>,
    /// What is drawn as a dot, what as a bar, and what as a ring.
    ends: [String; 3],
    /// How the value axis runs.
    #[serde(default)]
    scale: Scale,
    /// The rows; they are drawn in order of their last values.
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
    points: Vec<String>,
}

impl Fields {
    fn spec(self) -> Spec {
        let about = (self.metric, self.ends.to_vec(), self.scale);
        Spec::new(about, (self.rows, self.groups), "points", |row| (row.label, vec![row.points]))
    }
}

/// The ranges.
pub struct Range(Strands);

/// What each end is drawn as.
const FORMS: [Form; 3] = [Form::Dot, Form::Bar, Form::Ring];

/// The range of each edition, and then its marks: the first lies on top, where they meet.
fn range(canvas: &mut Canvas, row: &Row, ends: &[Option<usize>], ruler: &Ruler, y: i32) {
    let marks: Vec<_> = ends.iter().zip(FORMS).filter_map(|(end, form)| Some((&row.marks[(*end)?], form))).collect();
    for edition in 0..canvas.editions {
        let measures = marks.iter().filter_map(|(mark, _)| mark.per.get(edition)?.as_ref());
        let places = measures.map(Measure::value).filter(|value| ruler.has(*value)).map(|value| ruler.place(value));
        let places: Vec<i32> = places.collect();
        if let (Some(from), Some(to)) = (places.iter().min(), places.iter().max()) {
            canvas.edition(edition, |canvas| canvas.line(&[(*from, y), (*to, y)], Ink::Axis, 1));
        }
    }
    for (mark, form) in marks.into_iter().rev() {
        for (edition, measure) in mark.measured() {
            canvas.mark(mark, edition, |canvas| {
                rows::launches(canvas, measure, ruler, y, 5);
                for value in measure.values().into_iter().filter(|value| ruler.has(*value)) {
                    form.draw(canvas, (ruler.place(value), y));
                }
            });
        }
    }
}

impl Kind for Range {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        lesson.fields::<Fields>(chart)?.spec().check(lesson, chart)
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        asked.fields::<Fields>()?.spec().gather(asked, editions).map(Self)
    }

    fn subtitle(&self, shows: &str) -> String {
        self.0.subtitle(shows)
    }

    fn marks(&self) -> Vec<&Mark> {
        self.0.marks().collect()
    }

    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let Self(strands) = self;
        let value = |row: &Row, edition: usize| strands.last(row).map_or_else(String::new, |mark| mark.said(edition));
        let key: Vec<(Form, &str)> = FORMS.into_iter().zip(strands.ends.iter().map(String::as_str)).collect();
        let extras = Extras { key: &key, values: &strands.ends[2], rooms: &[] };
        let frame = Frame { groups: &strands.groups, axis: strands.axis(), references, value: &value };
        frame.draw_with(canvas, extras, &mut |canvas, row, ruler, y| {
            strands.of(row).1.iter().for_each(|ends| range(canvas, row, ends, ruler, y));
        })
    }

    fn left_out(&self, edition: usize) -> Vec<String> {
        self.0.left_out(edition)
    }

    fn faults(&self) -> Vec<String> {
        rows::faults(self.0.axis(), &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;
    use crate::html;
    use crate::strands::example;

    #[test]
    fn a_row_has_three_forms_their_key_and_the_threshold() {
        let range = Range(example(&[("idle", &[&[10.0, 40.0, 90.0]])], &["typical", "bad", "worst"], Scale::Linear));
        let line = Line { at: 200.0, says: "one frame".to_owned(), ..Line::default() };
        for size in [Size::Wide, Size::Narrow] {
            let drawing = Canvas::draw(size, (1, false), |canvas| range.draw(canvas, std::slice::from_ref(&line)));
            let svg = String::from(drawing.svg(&html!("")));
            // Of each form one in the key and one in the row.
            assert_eq!((svg.matches("<circle").count(), svg.matches("h4v16h-4z").count()), (4, 2), "{svg}");
            for words in [">typical<", ">bad<", ">worst<", ">one frame<", ">idle<", "ns</text></g>"] {
                assert!(svg.contains(words), "{words}: {svg}");
            }
            // The dot of what is typical lies on top.
            let [typical, worst] = ["data-c=\"0.0\"", "data-c=\"2.0\""].map(|cell| svg.find(cell).unwrap());
            assert!(worst < typical, "{svg}");
        }
    }
}
