//! Bars: a row for each point, as long as its value, from 0 on.

use anyhow::{Context, Result};
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson, Role};

use crate::axes::{Ruler, Scale, subtitle};
use crate::canvas::{Canvas, Ink};
use crate::kind::{Asked, Kind, Line};
use crate::points::{self, Gathering, Mark};
use crate::rows::{self, Axis, Fields, Frame, Group, Row};

/// The bars.
pub struct Bars {
    groups: Vec<Group>,
    unit: String,
    reach: Vec<f64>,
}

impl Kind for Bars {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let Fields { scale, .. } = lesson.fields(chart)?;
        if scale == Scale::Log {
            return Err(chart.fault("scale", "a bar begins at 0, which has no place on a log scale; draw dots"));
        }
        rows::check(lesson, chart)
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let groups = rows::gather(Gathering::new(asked, editions), asked.fields()?)?;
        let unit = points::unit(asked, rows::marks(&groups)).context("bars")?;
        let reach = points::ends(rows::marks(&groups));
        Ok(Self { groups, unit, reach })
    }

    fn subtitle(&self, shows: &str) -> String {
        subtitle(shows, &self.unit, Scale::Linear)
    }

    fn marks(&self) -> Vec<&Mark> {
        rows::marks(&self.groups).collect()
    }

    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let value = |row: &Row, edition: usize| row.marks[0].said(edition);
        let axis = Axis { unit: &self.unit, scale: Scale::Linear, reach: &self.reach };
        Frame { groups: &self.groups, axis, references, value: &value }.draw(canvas, &mut |canvas, row, ruler, y| {
            bar(canvas, &row.marks[0], ruler, y);
        })
    }
}

/// A bar with its launches across; what is 0 has a dot, so that it is seen to be there.
pub fn bar(canvas: &mut Canvas, mark: &Mark, ruler: &Ruler, y: i32) {
    const HALF: i32 = 8;
    for (edition, measure) in mark.measured() {
        canvas.mark(mark, edition, |canvas| {
            let (from, to) = (ruler.place(0.0), ruler.place(measure.value()));
            match to - from {
                ..=1 => canvas.dot((from, y), 4),
                _ if mark.role == Some(Role::Computed) => {
                    canvas.dashed(&[(from, y - HALF), (to, y - HALF), (to, y + HALF), (from, y + HALF)], Ink::Own, 2);
                }
                _ => canvas.tint([(from, y - HALF), (to, y + HALF)], Ink::Own, 0.85),
            }
            rows::launches(canvas, measure, ruler, y, HALF + 3);
        });
    }
}
