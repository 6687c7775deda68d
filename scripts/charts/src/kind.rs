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
        "A thin tick is one launch of the program, the bold mark the median of all."
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
#[derive(Clone, Debug)]
pub struct Line {
    /// The value.
    pub at: f64,
    /// The axis that it lies on; empty for that of the values.
    pub axis: String,
    /// Its name.
    pub says: String,
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

    /// The references of the chart, with the values that they have in an edition.
    ///
    /// # Errors
    /// One is of a point that wasn't measured.
    pub fn references(&self, edition: &Edition) -> Result<Vec<Line>> {
        let line = |Reference { at, point, axis, says }: &Reference| {
            let at = match (at, point) {
                (Some(at), _) => *at,
                (None, Some(point)) => {
                    edition.point(self.slug, point)?.estimate().map_or(0.0, |estimate| estimate.value)
                }
                (None, None) => 0.0,
            };
            Ok(Line { at, axis: axis.clone().unwrap_or_default(), says: says.clone() })
        };
        self.chart.references.iter().map(line).collect()
    }
}
