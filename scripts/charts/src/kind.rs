//! What a kind of chart is.

use anyhow::Result;
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson, Reference, Role};
use serde::de::DeserializeOwned;

use crate::canvas::Canvas;
use crate::html::Html;
use crate::points::{self, Mark};

/// A kind of chart. A value of it is what a chart shows of all editions.
pub trait Kind {
    /// Checks the fields that a chart of this kind has beside those that every chart has.
    ///
    /// # Errors
    /// One is missing, unknown or of another type, or names what there isn't.
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault>
    where
        Self: Sized;

    /// Gathers what the chart shows.
    ///
    /// # Errors
    /// The first of the editions lacks something of it, or the fields aren't those of this kind. What another lacks isn't drawn
    /// for it.
    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self>
    where
        Self: Sized;

    /// What stands below the title: what the chart shows, with unit and scale.
    fn subtitle(&self, shows: &str) -> String;

    /// Every point that it shows; none of a timeline.
    fn marks(&self) -> Vec<&Mark>;

    /// The roles that it shows, in order.
    fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = self.marks().into_iter().filter_map(|mark| mark.role).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// What its marks are, in a sentence; nothing where they need none.
    fn explained(&self) -> &'static str {
        "Each tick is one launch, a fresh start of the program. The bar or dot is their median."
    }

    /// Draws all editions on one scale, with the lines of these references, and returns the height that it took.
    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32;

    /// The data as a table, with a column for each of the editions that it was gathered from and that has some of it.
    fn table(&self, editions: &[&Edition]) -> Html {
        points::table(self.marks(), "", "", editions)
    }

    /// An edition's data as CSV, head and all.
    fn csv(&self, edition: usize) -> String {
        points::csv(self.marks(), edition)
    }

    /// What of an edition's data isn't shown, each in a sentence.
    fn left_out(&self, _edition: usize) -> Vec<String> {
        Vec::new()
    }

    /// What is to be kept in mind of an edition's points that it shows, each in a few words.
    fn notes(&self, edition: usize) -> Vec<String> {
        points::notes(self.marks(), edition)
    }

    /// What is wrong with the drawing, as nobody could read it: a log axis without three ticks, and the like.
    fn faults(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A reference whose value is known.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// The value.
    pub at: f64,
    /// The axis that it lies on; empty for that of the values.
    pub axis: String,
    /// Its name.
    pub says: String,
    /// The edition whose value it is, where they differ.
    pub edition: Option<usize>,
}

impl Line {
    /// Whether it is seen with an edition.
    pub fn is_of(&self, edition: usize) -> bool {
        self.edition.is_none_or(|own| own == edition)
    }

    /// Draws what is seen with its edition only.
    pub fn draw(&self, canvas: &mut Canvas, content: impl FnOnce(&mut Canvas)) {
        match self.edition {
            Some(edition) => canvas.edition(edition, content),
            None => content(canvas),
        }
    }
}

/// A chart that is to be drawn, with the lesson that it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The experiment.
    pub slug: &'a str,
    /// Its lesson.
    pub lesson: &'a Lesson,
    /// The chart.
    pub chart: &'a Chart,
}

impl Asked<'_> {
    /// How the experiment was recorded, as far as that is to be kept in mind, each in a few words.
    pub fn marks(&self, edition: &Edition) -> Vec<String> {
        edition.recordings.get(self.slug).map_or_else(Vec::new, |recording| recording.provenance.marks())
    }

    /// The fields that the chart has by its kind.
    ///
    /// # Errors
    /// They aren't these.
    pub fn fields<T: DeserializeOwned>(&self) -> Result<T> {
        self.lesson.fields(self.chart).map_err(|fault| self.lesson.tell(&fault))
    }

    /// The references of the chart: one line each, or one for each of these editions where their values differ.
    ///
    /// # Errors
    /// One is of a point that the first of them hasn't measured.
    pub fn references(&self, editions: &[&Edition]) -> Result<Vec<Line>> {
        let mut lines = Vec::new();
        for Reference { at, point, axis, says } in &self.chart.references {
            let line = |at, edition| Line { at, axis: axis.clone().unwrap_or_default(), says: says.clone(), edition };
            let Some(point) = point else {
                lines.push(line(at.unwrap_or_default(), None));
                continue;
            };
            let mut values = Vec::new();
            for (number, edition) in editions.iter().enumerate() {
                match edition.point(self.slug, point) {
                    Ok(found) => values.push((number, found.estimate().map_or(0.0, |estimate| estimate.value))),
                    Err(error) if number == 0 => return Err(error),
                    Err(_) => {}
                }
            }
            match &values[..] {
                [(_, first), others @ ..] if others.iter().all(|(_, other)| other == first) => {
                    lines.push(line(*first, None));
                }
                values => lines.extend(values.iter().map(|(number, at)| line(*at, Some(*number)))),
            }
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;
    use crate::html;
    use crate::kinds::gather;

    #[test]
    fn a_reference_to_a_point_is_each_editions_own_where_they_differ() {
        let of = |launches: f64| {
            let mut project = edition::example::project(&["reference", "other"]);
            let points = &mut project.editions[1].recordings.get_mut("example").unwrap().points;
            let point = points.iter_mut().find(|point| point.name() == "lost/slow/2").unwrap();
            point.launches.iter_mut().for_each(|launch| launch.median = launches);
            let lesson = project.lessons.get_mut("example").unwrap();
            let says = "a threshold".to_owned();
            lesson.charts[1].references =
                vec![Reference { at: None, point: Some("lost/slow/2".to_owned()), axis: None, says }];
            let asked = Asked { slug: "example", lesson, chart: &lesson.charts[1] };
            let editions: Vec<&Edition> = project.editions.iter().collect();
            let lines = asked.references(&editions).unwrap();
            let data = gather(&asked, &editions).unwrap();
            let drawing = Canvas::draw(Size::Wide, (2, true), |canvas| data.draw(canvas, &lines));
            let drawn = String::from(drawing.svg(&html!("")));
            let count = |edition| {
                let lines = drawn.matches(&format!("<path data-e=\"{edition}\" class=\"s r d\"")).count();
                (lines, drawn.matches(&format!("<g data-e=\"{edition}\"><text class=\"r\"")).count())
            };
            (lines.iter().map(|line| (line.at, line.edition)).collect::<Vec<_>>(), [count(0), count(1)])
        };
        assert_eq!(of(600.0), (vec![(600.0, None)], [(0, 0); 2]));
        assert_eq!(of(60.0), (vec![(600.0, Some(0)), (60.0, Some(1))], [(1, 1); 2]));
    }
}
