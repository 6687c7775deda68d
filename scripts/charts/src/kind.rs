//! What a kind of chart is.

use anyhow::Result;
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson};
use serde::de::DeserializeOwned;

use crate::html::Html;

/// A kind of chart. A value of it is what a chart shows of one edition.
pub trait Kind {
    /// Checks the fields that a chart of this kind has beside `id`, `kind`, `title` and `axis`.
    ///
    /// # Errors
    /// One is missing, unknown or of another type, or names what there isn't.
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault>
    where
        Self: Sized;

    /// Gathers what the chart shows.
    ///
    /// # Errors
    /// The edition lacks something of it, or the fields aren't those of this kind.
    fn gather(asked: &Asked<'_>, edition: &Edition) -> Result<Self>
    where
        Self: Sized;

    /// The values that the axis must reach.
    fn ends(&self) -> Vec<f64>;

    /// Draws it in sentinel colours. The axis has these words, and reaches these values too, so that the drawings of several
    /// editions can be compared.
    fn draw(&self, axis: &str, reach: &[f64]) -> Html;

    /// The values for those who don't see them, behind a sentence that names the chart.
    fn words(&self) -> String;

    /// The data as a table; what was measured goes by the words of the axis.
    fn table(&self, axis: &str) -> Html;

    /// The data as CSV, head and all.
    fn csv(&self) -> String;

    /// Where it was recorded and when, and what of it isn't shown.
    fn about(&self, asked: &Asked<'_>, edition: &Edition) -> String;

    /// What to keep in mind, each in a few words: how it was recorded, and what is so of the points that this chart shows.
    fn marks(&self, asked: &Asked<'_>, edition: &Edition) -> Vec<String>;
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
    /// Where and when the experiment was recorded, in words.
    pub fn recorded(&self, edition: &Edition) -> String {
        edition.recordings.get(self.slug).map_or_else(String::new, |recording| {
            edition.recorded(&recording.provenance.date, &recording.provenance.commit)
        })
    }

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
}
