//! Distributions: a row for each point, with every launch or sample of it as a speck, stacked where they meet.

use anyhow::{Context, Result};
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson};

use crate::axes::{Ruler, Scale, subtitle};
use crate::canvas::{Canvas, Ink};
use crate::kind::{Asked, Kind, Line};
use crate::points::{self, Gathering, Mark, Measure};
use crate::rows::{self, Axis, Extras, Fields, Frame, Group, Row};

/// How wide a speck is, and how far two stand apart.
const SPECK: i32 = 5;

/// The most that a stack is high.
const HIGHEST: i32 = 60;

/// How high the mark below a strip is.
const BELOW: i32 = 10;

/// How far the strip's line lies below the middle of the row.
const LINE: i32 = 4;

/// The distributions.
pub struct Distribution {
    groups: Vec<Group>,
    unit: String,
    scale: Scale,
    reach: Vec<f64>,
}

impl Distribution {
    fn axis(&self) -> Axis<'_> {
        Axis { unit: &self.unit, scale: self.scale, reach: &self.reach }
    }
}

/// What is drawn of a point: its samples where they were kept, otherwise its launches.
fn specks(measure: &Measure) -> &[f64] {
    if measure.samples.is_empty() { &measure.launches } else { &measure.samples }
}

/// The specks in stacks: the place of each stack with how many are in it. Specks that would lie over one another share one, at
/// the mean of their places.
fn stacks(places: &[i32]) -> Vec<(i32, usize)> {
    let mut sorted = places.to_vec();
    sorted.sort_unstable();
    let mut stacks: Vec<Vec<i32>> = Vec::new();
    for place in sorted {
        match stacks.last_mut() {
            Some(stack) if place - stack[0] < SPECK => stack.push(place),
            _ => stacks.push(vec![place]),
        }
    }
    stacks.into_iter().map(|stack| (stack.iter().sum::<i32>() / stack.len() as i32, stack.len())).collect()
}

fn places(measure: &Measure, ruler: &Ruler) -> Vec<i32> {
    specks(measure).iter().filter(|value| ruler.has(**value)).map(|value| ruler.place(*value)).collect()
}

/// How many specks the highest stack of a row has, whatever the edition.
fn highest(row: &Row, ruler: &Ruler) -> i32 {
    let measures = row.marks.iter().flat_map(|mark| mark.per.iter().flatten());
    let counts = measures.flat_map(|measure| stacks(&places(measure, ruler))).map(|(_, count)| count as i32);
    counts.max().unwrap_or(1)
}

/// How high the stacks of a row are.
fn high(highest: i32) -> i32 {
    (highest * SPECK).min(HIGHEST)
}

/// The specks on a line, and below it the median or both modes.
fn strip(canvas: &mut Canvas, row: &Row, ruler: &Ruler, middle: i32) {
    let highest = highest(row, ruler);
    let ground = middle + LINE;
    let height = |number: usize| ground - 3 - number as i32 * high(highest) / highest;
    let (_, (left, right)) = ruler.ends();
    canvas.line(&[(left, ground), (right, ground)], Ink::Grid, 1);
    let mark = &row.marks[0];
    for (edition, measure) in mark.measured() {
        canvas.mark(mark, edition, |canvas| {
            let stacks = stacks(&places(measure, ruler));
            let of = |(x, count): (i32, usize)| (0..count).map(move |number| (x, height(number)));
            canvas.specks(&stacks.into_iter().flat_map(of).collect::<Vec<_>>(), SPECK - 1);
            for x in measure.values().into_iter().filter(|value| ruler.has(*value)).map(|value| ruler.place(value)) {
                canvas.rect([(x - 2, ground), (x + 2, ground + BELOW)], Ink::Own);
            }
        });
    }
}

impl Kind for Distribution {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        rows::check(lesson, chart)
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let fields: Fields = asked.fields()?;
        let scale = fields.scale;
        let groups = rows::gather(Gathering::new(asked, editions), fields)?;
        let unit = points::unit(asked, rows::marks(&groups)).context("distribution")?;
        let measures = rows::marks(&groups).flat_map(|mark| mark.per.iter().flatten());
        let mut reach: Vec<f64> = measures.flat_map(specks).copied().collect();
        reach.extend(points::ends(rows::marks(&groups)));
        Ok(Self { groups, unit, scale, reach })
    }

    fn subtitle(&self, shows: &str) -> String {
        subtitle(shows, &self.unit, self.scale)
    }

    fn marks(&self) -> Vec<&Mark> {
        rows::marks(&self.groups).collect()
    }

    fn explained(&self) -> &'static str {
        "A dot is one launch, a fresh start of the program. The bold mark below is the median of all, or one of two modes."
    }

    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let value = |row: &Row, edition: usize| row.marks[0].said(edition);
        let frame = Frame { groups: &self.groups, axis: self.axis(), references, value: &value };
        let (ruler, _) = frame.ruler(canvas, "");
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        // Label and value stand beside the line, so what the stacks take goes above.
        let room = |row| ((high(highest(row, &ruler)) - LINE - Frame::BAND / 2).max(0), Frame::BAND + 4);
        let rooms: Vec<(i32, i32)> = rows.map(room).collect();
        frame.draw_with(canvas, Extras { rooms: &rooms, ..Extras::default() }, &mut strip)
    }

    fn left_out(&self, edition: usize) -> Vec<String> {
        points::left_out(rows::marks(&self.groups), self.scale, edition)
    }

    fn faults(&self) -> Vec<String> {
        rows::faults(self.axis(), &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;
    use crate::html;

    #[test]
    fn specks_that_meet_are_stacked() {
        assert_eq!(stacks(&[30, 10, 12, 14, 15]), [(12, 3), (15, 1), (30, 1)]);
        assert_eq!(stacks(&[]), []);
    }

    #[test]
    fn a_row_has_a_speck_for_each_launch_or_sample_and_a_bar_for_each_mode() {
        let drawn = |change: &dyn Fn(&mut Measure)| {
            let mut mark = Mark::example(0, "1", 10.0);
            change(mark.per[0].as_mut().unwrap());
            let reach = specks(mark.per[0].as_ref().unwrap()).to_vec();
            let rows = vec![Row::new(mark.label.clone(), vec![mark])];
            let groups = vec![Group { head: String::new(), rows }];
            let strip = Distribution { groups, unit: "ns".to_owned(), scale: Scale::Linear, reach };
            let drawing = Canvas::draw(Size::Narrow, (1, false), |canvas| strip.draw(canvas, &[]));
            let svg = String::from(drawing.svg(&html!("")));
            (svg.matches("v0").count(), svg.matches("h4v10h-4z").count())
        };
        assert_eq!(drawn(&|_| {}), (3, 1));
        assert_eq!(drawn(&|measure| measure.launches = vec![10.0; 5]), (5, 1));
        let modes = base::modes::Modes { values: [5.0, 9.0], ranges: [[5.0; 2], [9.0; 2]], lower_share: 0.5 };
        let two = |measure: &mut Measure| {
            measure.samples = [[5.0; 30], [9.0; 30]].concat();
            measure.estimate.modes = Some(modes);
        };
        assert_eq!(drawn(&two), (60, 2));
    }
}
