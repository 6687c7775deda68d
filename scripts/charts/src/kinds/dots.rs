//! Dots: a row for each point, with its launches beside it.

use anyhow::{Context, Result};
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson, Role};

use crate::axes::{Ruler, Scale, subtitle};
use crate::canvas::{Canvas, Ink};
use crate::kind::{Asked, Kind, Line};
use crate::points::{self, Gathering, Mark};
use crate::rows::{self, Axis, Fields, Frame, Group, Row};

/// The dots.
pub struct Dots {
    groups: Vec<Group>,
    unit: String,
    scale: Scale,
    reach: Vec<f64>,
}

impl Dots {
    fn axis(&self) -> Axis<'_> {
        Axis { unit: &self.unit, scale: self.scale, reach: &self.reach }
    }
}

impl Kind for Dots {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        rows::check(lesson, chart)
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let fields: Fields = asked.fields()?;
        let scale = fields.scale;
        let groups = rows::gather(Gathering::new(asked, editions), fields)?;
        let unit = points::unit(asked, rows::marks(&groups)).context("dots")?;
        let reach = points::ends(rows::marks(&groups));
        Ok(Self { groups, unit, scale, reach })
    }

    fn subtitle(&self, shows: &str) -> String {
        subtitle(shows, &self.unit, self.scale)
    }

    fn marks(&self) -> Vec<&Mark> {
        rows::marks(&self.groups).collect()
    }

    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let value = |row: &Row, edition: usize| row.marks[0].said(edition);
        Frame { groups: &self.groups, axis: self.axis(), references, value: &value }.draw(canvas, &mut dot)
    }

    fn left_out(&self, edition: usize) -> Vec<String> {
        points::left_out(rows::marks(&self.groups), self.scale, edition)
    }

    fn faults(&self) -> Vec<String> {
        rows::faults(self.axis(), &[])
    }
}

/// A dot, or one for each mode, over its launches. A line leads the eye to it from the label.
fn dot(canvas: &mut Canvas, row: &Row, ruler: &Ruler, y: i32) {
    const RADIUS: i32 = 6;
    let (_, (left, right)) = ruler.ends();
    canvas.line(&[(left, y), (right, y)], Ink::Grid, 1);
    let mark = &row.marks[0];
    for (edition, measure) in mark.measured() {
        canvas.mark(mark, edition, |canvas| {
            rows::launches(canvas, measure, ruler, y, RADIUS + 3);
            for at in
                measure.values().into_iter().filter(|value| ruler.has(*value)).map(|value| (ruler.place(value), y))
            {
                match mark.role {
                    Some(Role::Computed) => canvas.ring(at, RADIUS - 1),
                    _ => canvas.dot(at, RADIUS),
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;
    use crate::html;

    fn dots(marks: Vec<Mark>, scale: Scale) -> Dots {
        let reach = points::ends(&marks);
        let rows = marks.into_iter().map(|mark| Row::new(mark.label.clone(), vec![mark])).collect();
        Dots { groups: vec![Group { head: String::new(), rows }], unit: "ns".to_owned(), scale, reach }
    }

    fn drawn(dots: &Dots, size: Size, editions: usize) -> String {
        let drawing = Canvas::draw(size, (editions, editions > 1), |canvas| dots.draw(canvas, &[]));
        String::from(drawing.svg(&html!("")))
    }

    #[test]
    fn a_row_has_a_dot_its_launches_and_its_value() {
        for size in [Size::Wide, Size::Narrow] {
            let dots = dots(vec![Mark::example(0, "1", 10.0), Mark::example(1, "2", 40.0)], Scale::Log);
            let svg = drawn(&dots, size, 1);
            assert_eq!(svg.matches("<circle").count(), 2, "{svg}");
            // Three launches of each are lines in one path.
            assert_eq!(svg.matches("class=\"s k\"").count(), 2, "{svg}");
            assert!(svg.contains(">a &lt; b 1</text>") && svg.contains(" data-axis="), "{svg}");
            assert!(dots.left_out(0).is_empty() && dots.faults().is_empty());
        }
    }

    #[test]
    fn what_is_0_is_drawn_on_a_linear_axis_and_told_beside_a_logarithmic_one() {
        let dots = |scale| dots(vec![Mark::example(0, "1", 10.0), Mark::example(1, "2", 0.0)], scale);
        let circles = |scale| drawn(&dots(scale), Size::Wide, 1).matches("<circle").count();
        assert_eq!((circles(Scale::Linear), circles(Scale::Log)), (2, 1));
        assert!(dots(Scale::Linear).left_out(0).is_empty());
        assert_eq!(dots(Scale::Log).left_out(0), ["0 has no place on a log axis: a < b 1."]);
    }

    #[test]
    fn an_edition_that_lacks_a_point_says_so() {
        let mut both = Mark::example(0, "1", 10.0);
        both.per.push(Mark::example(0, "1", 20.0).per.remove(0));
        let mut one = Mark::example(1, "2", 40.0);
        one.per.push(None);
        one.role = Some(Role::Computed);
        let dots = dots(vec![both, one], Scale::Linear);
        let svg = drawn(&dots, Size::Wide, 2);
        assert!(svg.contains("data-c=\"0.1\" data-e=\"1\"") && !svg.contains("data-c=\"1.1\""), "{svg}");
        // What is computed is a ring.
        let [circles, rings] = ["<circle", "<circle class=\"s o\""].map(|circle| svg.matches(circle).count());
        assert_eq!((circles, rings), (3, 1), "{svg}");
        assert_eq!(dots.left_out(1), ["Not measured on this machine: a < b 1."]);
    }
}
