//! Lines: one with a band for each series, over a parameter.

use anyhow::{Context, Result};
use base::quantity::Quantity;
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson, Role};
use serde::Deserialize;

use crate::axes::{Across, Ruler, Scale, among, bare, names, subtitle, ticks};
use crate::canvas::{Anchor, Canvas, Ink, apart, bold_width, width, wrapped};
use crate::html::Html;
use crate::kind::{Asked, Kind, Line};
use crate::points::{self, Gathering, Mark, Measure, Written};
use crate::rows::{self, Axis};

/// More lines than this can't be followed.
const MOST: usize = 5;

/// How high a line of text is, in pixels.
const TEXT: i32 = 17;

/// What lesson.toml says of a lines chart.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// Which metric it shows. Without it, each of the series names its own, in front.
    metric: Option<String>,
    /// The variants to draw, or with metrics of their own, each `metric/variant`; with other words for one,
    /// `{ series = "variant", label = "words" }`.
    series: Vec<Written>,
    /// The words for the parameter, as they stand behind *over*.
    #[serde(default)]
    over: String,
    /// The parameter's unit, if it is one that is scaled: `bytes`.
    over_unit: Option<String>,
    /// The parameter that stands at 0, if it has a name: `one-core` for nothing but that. Others with names aren't drawn then.
    zero: Option<String>,
    /// How the value axis runs.
    #[serde(default)]
    scale: Scale,
    /// The variant whose line is thicker than the others.
    accent: Option<String>,
}

/// A line.
struct Series {
    label: String,
    /// How many series before it have the same role: they differ by the form of their marks.
    form: usize,
    /// How many measured series come before it.
    number: usize,
    is_accent: bool,
    marks: Vec<Mark>,
}

/// The lines, and what they run over.
pub struct Lines {
    series: Vec<Series>,
    unit: String,
    over: String,
    over_unit: Option<String>,
    scale: Scale,
    /// Whether one of them has the accent.
    has_accent: bool,
}

impl Kind for Lines {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let Fields { metric, series, accent, .. } = lesson.fields(chart)?;
        match series.len() {
            0 => return Err(chart.fault("series", "it draws nothing; name what to draw")),
            count if count > MOST => {
                let what = format!("{count} lines are more than {MOST}; leave some out, or draw two charts");
                return Err(chart.fault("series", what));
            }
            _ => {}
        }
        for (number, written) in series.iter().enumerate() {
            let field = format!("series.{number}");
            points::check(lesson, chart, (&field, written.point()), metric.as_deref(), false)?;
        }
        match accent {
            Some(accent) if !series.iter().any(|written| variant(written) == accent) => {
                Err(chart.fault("accent", format!("{accent:?} is none of its series")))
            }
            _ => Ok(()),
        }
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let Fields { metric, series, over, over_unit, zero, scale, accent } = asked.fields()?;
        let number = |parameter: &str| match zero.as_deref() == Some(parameter) {
            true => Some(0.0),
            false => parameter.parse().ok().filter(|at: &f64| at.is_finite()),
        };
        let mut gathering = Gathering::new(asked, editions);
        let mut all: Vec<Series> = Vec::new();
        for written in &series {
            let parts = points::parts(written.point(), metric.as_deref(), false);
            let (metric, name, _) = parts.with_context(|| format!("{:?} is no series", written.point()))?;
            let marks = gathering.series((metric, name), written.label(), &number, zero.is_none())?;
            let role = asked.lesson.role(name);
            let form = all.iter().filter(|other| other.role() == role).count();
            let label = points::versioned(written.label().unwrap_or_else(|| asked.lesson.label(name)), &marks);
            let number = all.iter().filter(|other| !other.is_computed()).count();
            all.push(Series { label, form, number, is_accent: accent.as_deref() == Some(name), marks });
        }
        let unit = points::unit(asked, all.iter().flat_map(|one| &one.marks))?;
        Ok(Self { series: all, unit, over, over_unit, scale, has_accent: accent.is_some() })
    }

    fn subtitle(&self, shows: &str) -> String {
        let shows = subtitle(shows, &self.unit, self.scale);
        if self.over.is_empty() { shows } else { format!("{shows}. To the right: {}", self.over) }
    }

    fn marks(&self) -> Vec<&Mark> {
        self.points().collect()
    }

    fn explained(&self) -> &'static str {
        "Each tick is one launch, a fresh start of the program. A dot is their median, the band their range."
    }

    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let (over, values): (Vec<&Line>, Vec<&Line>) = references.iter().partition(|line| line.axis == "over");
        let reach: Vec<f64> =
            points::ends(self.points()).into_iter().chain(values.iter().map(|line| line.at)).collect();
        let labels = Labels::of(self, canvas);

        // The places of parameters first, for names of lines across them stand above everything else.
        let high = if canvas.is_narrow() { 240 } else { 290 };
        let draft = ticks(&Ruler::new(&reach, self.scale, (high, 0)), &self.unit);
        let left = draft.iter().map(|(_, words)| width(words)).max().unwrap_or(0) + 10;
        let right = canvas.width() - labels.beside;
        let inset = if canvas.is_narrow() { 10 } else { 16 };
        let parameters: Vec<f64> = self.points().map(Mark::at).collect();
        let across = Across::new(parameters.iter().copied(), (left + inset, right - inset));
        let beyond = over.iter().map(|line| line.at).filter(|at| across.between(*at).is_none());
        let across = Across::new(parameters.iter().copied().chain(beyond), (left + inset, right - inset));
        let over: Vec<(i32, &Line)> =
            over.into_iter().filter_map(|line| Some((across.between(line.at)?, line))).collect();
        let top = names(canvas, 0, &over) + 9;
        let bottom = top + high;
        let ruler = Ruler::new(&reach, self.scale, (bottom, top));

        self.grid(canvas, &ruler, (left, right));
        self.foot(canvas, &across, (left, right), (top, bottom));
        for (x, line) in over {
            line.draw(canvas, |canvas| canvas.dashed(&[(x, top), (x, bottom)], Ink::Reference, 2));
        }
        let apart = across.places.windows(2).map(|two| two[1].1 - two[0].1).min().unwrap_or(right - left);
        let count = self.series.iter().filter(|one| !one.is_computed()).count() as i32;
        let step = (apart / (2 * count.max(1))).min(4);
        let plot = Plot { across, ruler, left, right, top, bottom, step, count };
        for line in &values {
            let y = plot.ruler.place(line.at);
            line.draw(canvas, |canvas| canvas.dashed(&[(left, y), (right, y)], Ink::Reference, 2));
        }
        for edition in 0..canvas.editions {
            for one in &self.series {
                canvas.series(one.known(), edition, |canvas| one.draw(canvas, &plot, edition));
            }
        }
        self.references(canvas, &plot, &values);
        canvas.along(&plot.ruler, 'y', (left, right));
        labels.draw(canvas, self, &plot)
    }

    fn table(&self, editions: &[&Edition]) -> Html {
        points::table(self.points(), "", self.over.trim_start_matches("the "), editions)
    }

    fn left_out(&self, edition: usize) -> Vec<String> {
        let is_without = |mark: &&Mark| {
            let measure = mark.per.get(edition).and_then(Option::as_ref);
            self.scale == Scale::Log && measure.is_some_and(|measure| measure.value() <= 0.0)
        };
        let told = self.series.iter().filter_map(|one| {
            let at: Vec<String> = one.marks.iter().filter(is_without).map(|mark| bare(mark.at())).collect();
            (!at.is_empty()).then(|| format!("{} at {}", one.label, at.join(", ")))
        });
        match told.collect::<Vec<_>>() {
            told if told.is_empty() => told,
            told => vec![format!("0 has no place on a log axis: {}.", told.join("; "))],
        }
    }

    fn faults(&self) -> Vec<String> {
        let reach = points::ends(self.points());
        rows::faults(Axis { unit: &self.unit, scale: self.scale, reach: &reach }, &[])
    }
}

fn variant(written: &Written) -> &str {
    written.point().rsplit('/').next().unwrap_or_default()
}

/// Where everything stands.
struct Plot {
    across: Across,
    ruler: Ruler,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    /// How far lines of one place stand apart, so that one that lies on another can be seen.
    step: i32,
    count: i32,
}

impl Lines {
    fn points(&self) -> impl Iterator<Item = &Mark> {
        self.series.iter().flat_map(|one| &one.marks)
    }

    /// Ticks on the left, with a line across for each. What a factor is compared with, 1, is never left without its number.
    fn grid(&self, canvas: &mut Canvas, ruler: &Ruler, (left, right): (i32, i32)) {
        let mut ticks = ticks(ruler, &self.unit);
        for (tick, _) in &ticks {
            let y = ruler.place(*tick);
            canvas.line(&[(left, y), (right, y)], Ink::Grid, 1);
        }
        ticks.sort_by_key(|(tick, _)| *tick != 1.0);
        let mut taken: Vec<i32> = Vec::new();
        for (tick, words) in &ticks {
            let y = ruler.place(*tick);
            if taken.iter().all(|other| (other - y).abs() >= TEXT - 1) {
                canvas.text(words, (left - 8, y), Anchor::End, Ink::Muted);
                taken.push(y);
            }
        }
    }

    /// The names of lines across the plot, each above or below its line, where it covers as little as may be.
    fn references(&self, canvas: &mut Canvas, plot: &Plot, lines: &[&Line]) {
        let mut taken: Vec<(i32, i32)> = Vec::new();
        for edition in 0..canvas.editions {
            for part in self.series.iter().flat_map(|one| one.parts(plot, edition)) {
                let at = |mark: &Mark, value| (plot.across.place(mark.at()), plot.ruler.place(value));
                let places: Vec<(i32, i32)> = part.iter().map(|(mark, measure)| at(mark, measure.value())).collect();
                taken
                    .extend(part.iter().flat_map(|(mark, measure)| measure.ticks().iter().map(|tick| at(mark, *tick))));
                taken.extend(places.windows(2).flat_map(|two| between(two[0], two[1])).chain(places.iter().copied()));
            }
        }
        for line in lines {
            let (y, wide) = (plot.ruler.place(line.at), width(&line.says));
            let hits = |(x, y): (i32, i32)| {
                let inside =
                    |at: &&(i32, i32)| (x - 7..=x + wide + 7).contains(&at.0) && (y - 14..=y + 14).contains(&at.1);
                taken.iter().filter(inside).count()
            };
            let sides = [y - 10, y + 11].into_iter().filter(|y| (plot.top + 7..=plot.bottom - 8).contains(y));
            let last = (plot.right - wide).max(plot.left + 6);
            let all = sides.flat_map(|y| (plot.left + 6..=last).step_by(8).map(move |x| (x, y)));
            if let Some(at) = all.min_by_key(|at| hits(*at)) {
                line.draw(canvas, |canvas| canvas.text(&line.says, at, Anchor::Start, Ink::Reference));
                taken.extend(between(at, (at.0 + wide, at.1)));
            }
        }
    }

    /// The parameters below the plot, as many as there is room for.
    fn foot(&self, canvas: &mut Canvas, across: &Across, (left, right): (i32, i32), (top, bottom): (i32, i32)) {
        for (_, x) in &across.places {
            canvas.line(&[(*x, top), (*x, bottom)], Ink::Grid, 1);
        }
        canvas.line(&[(left, bottom), (right, bottom)], Ink::Axis, 1);
        for (_, x) in &across.places {
            canvas.line(&[(*x, bottom), (*x, bottom + 4)], Ink::Axis, 1);
        }
        for x in across.broken.iter().flat_map(|x| [x - 3, x + 3]) {
            canvas.line(&[(x - 2, bottom + 5), (x + 2, bottom - 5)], Ink::Axis, 1);
        }
        let largest = across.places.last().map_or(0.0, |(parameter, _)| *parameter);
        let mut free = canvas.width();
        for (parameter, x) in across.places.iter().rev() {
            let words = match self.over_unit.as_deref() {
                Some(unit) => Quantity { value: *parameter, unit }.short(),
                None => among(*parameter, largest),
            };
            let wide = width(&words);
            let x = (*x).clamp(wide / 2, canvas.width() - wide / 2);
            // The tick alone tells where there is no room.
            if x + wide / 2 <= free {
                canvas.text(&words, (x, bottom + 16), Anchor::Middle, Ink::Muted);
                free = x - wide / 2 - 8;
            }
        }
    }
}

/// Places on the way from one to another, so close that a word can't slip through.
fn between((x, y): (i32, i32), (to_x, to_y): (i32, i32)) -> impl Iterator<Item = (i32, i32)> {
    let steps = ((to_x - x).abs().max((to_y - y).abs()) / 6).max(1);
    (0..=steps).map(move |step| (x + (to_x - x) * step / steps, y + (to_y - y) * step / steps))
}

impl Plot {
    /// Where a value of a series stands.
    fn place(&self, series: &Series, mark: &Mark, value: f64) -> (i32, i32) {
        let aside = (2 * series.number as i32 + 1 - self.count) * self.step / 2;
        let aside = if series.is_computed() { 0 } else { aside };
        (self.across.place(mark.at()) + aside, self.ruler.place(value))
    }
}

impl Series {
    fn role(&self) -> Option<Role> {
        self.marks.first().and_then(|mark| mark.role)
    }

    fn known(&self) -> (Option<Role>, &str) {
        (self.role(), self.marks.first().map_or("", |mark| &mark.variant))
    }

    fn is_computed(&self) -> bool {
        self.role() == Some(Role::Computed)
    }

    /// The parts of the line between which it has gaps: a value wasn't measured, or has no place on the axis.
    fn parts(&self, plot: &Plot, edition: usize) -> Vec<Vec<(&Mark, &Measure)>> {
        let measure = |mark: &Mark| {
            mark.per.get(edition).and_then(Option::as_ref).is_some_and(|measure| plot.ruler.has(measure.value()))
        };
        let parts = self.marks.split(|mark| !measure(mark)).filter(|part| !part.is_empty());
        parts.map(|part| part.iter().filter_map(|mark| Some((mark, mark.per[edition].as_ref()?))).collect()).collect()
    }

    /// Where it ends in an edition.
    fn end(&self, plot: &Plot, edition: usize) -> Option<(i32, i32)> {
        let (mark, measure) = self.parts(plot, edition).pop()?.pop()?;
        Some(plot.place(self, mark, measure.value()))
    }

    fn draw(&self, canvas: &mut Canvas, plot: &Plot, edition: usize) {
        for part in self.parts(plot, edition) {
            let at = |mark: &Mark, value: f64| plot.place(self, mark, value);
            let upper: Vec<_> = part.iter().map(|(mark, measure)| at(mark, measure.estimate.upper)).collect();
            let lower: Vec<_> = part.iter().map(|(mark, measure)| at(mark, measure.estimate.lower)).collect();
            // One that the line covers isn't seen.
            if upper.iter().zip(&lower).any(|(upper, lower)| lower.1 - upper.1 > 4) && part.len() > 1 {
                canvas.band(upper.into_iter().chain(lower.into_iter().rev()).collect(), 0.2);
            }
            let places: Vec<_> = part.iter().map(|(mark, measure)| at(mark, measure.value())).collect();
            match places[..] {
                [(x, y)] if self.is_computed() => self.stroke(canvas, &[(x - 6, y), (x + 6, y)]),
                [_] => {}
                _ => self.stroke(canvas, &places),
            }
            for (mark, measure) in part.into_iter().filter(|_| !self.is_computed()) {
                let values: Vec<(i32, i32)> = measure.values().iter().map(|value| at(mark, *value)).collect();
                canvas.cell(mark.id, edition, |canvas| {
                    self.launches(canvas, measure, plot, &values);
                    values.iter().for_each(|place| self.form(canvas, *place));
                });
            }
        }
    }

    /// The launches as small ticks, but for those that a mark covers.
    fn launches(&self, canvas: &mut Canvas, measure: &Measure, plot: &Plot, marks: &[(i32, i32)]) {
        let has = measure.ticks().iter().filter(|tick| plot.ruler.has(**tick));
        let mut places: Vec<i32> = has.map(|tick| plot.ruler.place(*tick)).collect();
        places.sort_unstable();
        places.dedup();
        places.retain(|y| marks.iter().all(|(_, mark)| (mark - y).abs() > 3));
        let x = marks.first().map_or(0, |(x, _)| *x);
        for y in places {
            canvas.line(&[(x - 5, y), (x + 5, y)], Ink::Tick, 1);
        }
    }

    fn stroke(&self, canvas: &mut Canvas, places: &[(i32, i32)]) {
        let wide = match (self.is_accent, self.is_computed() && self.form > 0) {
            (true, _) => 3,
            // A second one without marks.
            (false, true) => 1,
            _ => 2,
        };
        match self.is_computed() {
            true => canvas.dashed(places, Ink::Own, wide),
            false => canvas.line(places, Ink::Own, wide),
        }
    }

    /// Its mark at a place.
    fn form(&self, canvas: &mut Canvas, (x, y): (i32, i32)) {
        let r = if self.is_accent { 5 } else { 4 };
        let square = [(x - r, y - r), (x + r, y + r)];
        let corners = [square[0], (x + r, y - r), square[1], (x - r, y + r)];
        match self.form {
            0 => canvas.dot((x, y), r),
            1 => canvas.ring((x, y), r),
            2 => canvas.rect(square, Ink::Own),
            3 => {
                canvas.rect(square, Ink::Ground);
                canvas.line(&[&corners[..], &corners[..2]].concat(), Ink::Own, 2);
            }
            _ => canvas.polygon(vec![(x, y - r - 1), (x + r + 1, y + r), (x - r - 1, y + r)], Ink::Own),
        }
    }

    /// A piece of it, for a key.
    fn sample(&self, canvas: &mut Canvas, (x, y): (i32, i32)) {
        self.stroke(canvas, &[(x, y), (x + Labels::SAMPLE, y)]);
        if !self.is_computed() {
            self.form(canvas, (x + Labels::SAMPLE / 2, y));
        }
    }
}

/// The names of the lines: beside their ends, or where there is no room, below.
struct Labels {
    lines: Vec<Vec<String>>,
    /// How much room they take on the right; a little if they stand below.
    beside: i32,
    are_beside: bool,
    /// Whether a piece of the line stands before each, because colours alone don't tell them apart, or lines end early.
    have_samples: bool,
}

impl Labels {
    const SAMPLE: i32 = 20;

    fn of(lines: &Lines, canvas: &Canvas) -> Self {
        let series = &lines.series;
        let last = lines.points().map(Mark::at).fold(f64::MIN, f64::max);
        let ends_early = |one: &Series| one.marks.last().is_some_and(|mark| mark.at() < last);
        let have_samples = series.iter().any(|one| one.form > 0 || ends_early(one));
        let room = if canvas.is_narrow() { 300 } else { 175 };
        let words: Vec<Vec<String>> = series.iter().map(|one| wrapped(&one.label, room)).collect();
        let widest = words.iter().flatten().map(|words| bold_width(words)).max().unwrap_or(0);
        let beside = widest + 18 + if have_samples { Self::SAMPLE + 6 } else { 0 };
        let are_beside = !canvas.is_narrow() || beside <= 100;
        Self { lines: words, beside: if are_beside { beside } else { 8 }, are_beside, have_samples }
    }

    /// Draws them, and returns the height of it all.
    fn draw(&self, canvas: &mut Canvas, lines: &Lines, plot: &Plot) -> i32 {
        if self.are_beside {
            for edition in 0..canvas.editions {
                self.beside(canvas, lines, plot, edition);
            }
            return plot.bottom + 28;
        }
        let (mut x, mut y) = (0, plot.bottom + 42);
        // From the one that ends highest.
        let mut all: Vec<(&Series, &Vec<String>)> = lines.series.iter().zip(&self.lines).collect();
        all.sort_by_key(|(one, _)| one.end(plot, 0).map(|(_, y)| y));
        for (one, words) in all {
            let wide = Self::SAMPLE + 6 + words.iter().map(|words| bold_width(words)).max().unwrap_or(0);
            if x > 0 && x + wide > canvas.width() {
                (x, y) = (0, y + TEXT + 3);
            }
            one.named(canvas, |canvas| {
                one.sample(canvas, (x, y));
                self.words(canvas, lines, one, words, (x + Self::SAMPLE + 6, y));
            });
            x += wide + 16;
            if words.len() > 1 {
                (x, y) = (0, y + TEXT * words.len() as i32 + 3);
            }
        }
        if x == 0 { y - 8 } else { y + 12 }
    }

    fn beside(&self, canvas: &mut Canvas, lines: &Lines, plot: &Plot, edition: usize) {
        let all = lines.series.iter().zip(&self.lines);
        let shown = all.filter_map(|(one, words)| Some((one, words, one.end(plot, edition)?)));
        let shown: Vec<(&Series, &Vec<String>, (i32, i32))> = shown.collect();
        let rows = shown.iter().map(|(_, words, _)| words.len()).max().unwrap_or(1) as i32;
        let ends: Vec<i32> = shown.iter().map(|(.., (_, y))| *y).collect();
        let half = rows * TEXT / 2;
        let places = apart(&ends, rows * TEXT + 3, (plot.top - 9 + half, plot.bottom + 9 - half));
        canvas.edition(edition, |canvas| {
            for ((one, words, (x, from)), y) in shown.into_iter().zip(places) {
                one.named(canvas, |canvas| {
                    // From a line that ends earlier, a connection would look like a part of it.
                    if x + 30 >= plot.right && (from - y).abs() > 2 {
                        canvas.line(&[(x + 7, from), (plot.right + 4, y)], Ink::Own, 1);
                    }
                    let mut x = plot.right + 8;
                    if self.have_samples {
                        one.sample(canvas, (x, y));
                        x += Self::SAMPLE + 6;
                    }
                    let first = y - (words.len() as i32 - 1) * TEXT / 2;
                    self.words(canvas, lines, one, words, (x, first));
                });
            }
        });
    }

    fn words(&self, canvas: &mut Canvas, lines: &Lines, one: &Series, words: &[String], (x, y): (i32, i32)) {
        for (row, words) in words.iter().enumerate() {
            let at = (x, y + row as i32 * TEXT);
            match lines.has_accent && !one.is_accent {
                true => canvas.text(words, at, Anchor::Start, Ink::Own),
                false => canvas.bold(words, at, Anchor::Start, Ink::Own),
            }
        }
    }
}

impl Series {
    /// What names it, in its colour.
    fn named(&self, canvas: &mut Canvas, content: impl FnOnce(&mut Canvas)) {
        let (role, variant) = self.known();
        canvas.group(&crate::html!("class=\"{}\" data-v=\"{}\"", role.map_or("plain", Role::class), variant), content);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;
    use crate::html;

    fn series(form: usize, role: Role, values: &[(f64, f64)]) -> Series {
        let marks = values.iter().enumerate().map(|(id, (at, value))| {
            let mut mark = Mark::example(id, &at.to_string(), *value);
            mark.role = Some(role);
            mark
        });
        let label = format!("a < b, {}, number {form}", role.in_words());
        Series { label, form, number: form, is_accent: false, marks: marks.collect() }
    }

    fn lines(series: Vec<Series>, scale: Scale) -> Lines {
        Lines {
            series,
            unit: "ns".to_owned(),
            over: "the number of workers".to_owned(),
            over_unit: None,
            scale,
            has_accent: false,
        }
    }

    fn drawn(lines: &Lines, size: Size, references: &[Line]) -> String {
        let editions = lines.points().map(|mark| mark.per.len()).max().unwrap_or(1);
        let drawing = Canvas::draw(size, (editions, editions > 1), |canvas| lines.draw(canvas, references));
        String::from(drawing.svg(&html!("role=\"img\""))).replace('\u{a0}', " ")
    }

    fn attribute(element: &str, name: &str) -> i32 {
        let rest = element.split(&format!(" {name}=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    }

    /// Where each text stands that has this in it.
    fn texts(drawing: &str, part: &str) -> Vec<(i32, i32)> {
        let texts = drawing.split("<text").skip(1).filter(|text| text.split("</text>").next().unwrap().contains(part));
        texts.map(|text| (attribute(text, "x"), attribute(text, "y"))).collect()
    }

    #[test]
    fn points_are_cells_of_their_series_with_launches_and_a_band() {
        let lines = lines(vec![series(0, Role::Thread, &[(1.0, 10.0), (2.0, 40.0)])], Scale::Linear);
        let drawn = drawn(&lines, Size::Wide, &[]);
        assert!(drawn.contains("<g class=\"m thread\" data-v=\"slow\"><path opacity=\"0.2\" d=\"M"), "{drawn}");
        for part in ["<g data-c=\"0.0\">", "<g data-c=\"1.0\"><path class=\"s k\"", "a &lt; b, threads, number 0"] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        assert!(drawn.contains("&quot;along&quot;:&quot;y&quot;") && drawn.matches("<circle").count() == 2, "{drawn}");
        assert_eq!(lines.subtitle("Cost"), "Cost. To the right: the number of workers");
        assert!(
            lines.table(&[&edition::example::edition("reference")]).as_str().contains("<th>number of workers</th>")
        );
    }

    #[test]
    fn series_of_a_role_differ_in_form_and_computed_ones_have_no_marks() {
        let marks = [(1.0, 10.0), (2.0, 40.0)];
        let of = |form, role| drawn(&lines(vec![series(form, role, &marks)], Scale::Log), Size::Wide, &[]);
        // Those of a label's sample are there too, where forms tell series apart.
        assert_eq!(of(0, Role::Thread).matches("<circle").count(), 2);
        assert_eq!(of(1, Role::Thread).matches("<circle class=\"s o\"").count(), 3);
        assert!(!of(2, Role::Thread).contains("<circle") && of(2, Role::Thread) != of(4, Role::Thread));
        let computed = of(0, Role::Computed);
        assert!(computed.contains("class=\"s d\"") && !computed.contains("<circle"), "{computed}");
    }

    #[test]
    fn a_line_has_a_gap_where_its_value_is_0_on_a_logarithmic_axis() {
        let all = |values: [f64; 4]| {
            let values: Vec<_> = values.into_iter().enumerate().map(|(at, value)| (at as f64, value)).collect();
            let lines = lines(vec![series(0, Role::Thread, &values)], Scale::Log);
            (drawn(&lines, Size::Wide, &[]).matches("<circle").count(), lines.left_out(0).concat())
        };
        assert_eq!((all([1.0, 2.0, 3.0, 4.0]), all([0.0; 4]).0), ((4, String::new()), 0));
        let told = "0 has no place on a log axis: a < b, threads, number 0 at 0, 2.";
        assert_eq!(all([0.0, 2.0, 0.0, 4.0]), (2, told.to_owned()));
    }

    #[test]
    fn labels_stay_in_the_drawing_and_apart() {
        for ends in [[1.0, 1.0, 1.0, 1.0, 5000.0], [1.0, 5000.0, 5000.0, 5000.0, 5000.0]] {
            let all = ends.iter().enumerate();
            let all = all.map(|(form, end)| series(form, Role::Thread, &[(1.0, 1.0), (1024.0, *end)]));
            let lines = lines(all.collect(), Scale::Log);
            for size in [Size::Wide, Size::Narrow] {
                let drawn = drawn(&lines, size, &[]);
                let height: i32 =
                    drawn.split("viewBox=\"0 0 ").nth(1).unwrap().split([' ', '"']).nth(1).unwrap().parse().unwrap();
                let mut places = texts(&drawn, "number");
                assert!(places.len() == 5 && places.iter().all(|(_, y)| (10..height - 2).contains(y)), "{drawn}");
                places.sort_unstable();
                assert!(places.windows(2).all(|two| two[1].1 - two[0].1 >= 17), "{places:?}");
                assert!(drawn.contains(">1,024<"), "{drawn}");
            }
        }
    }

    #[test]
    fn references_are_drawn_and_their_names_keep_off_the_lines() {
        let line = |at, axis: &str| Line { at, axis: axis.to_owned(), says: "a line".to_owned(), edition: None };
        let height = |drawn: &str| -> i32 {
            let dashed = drawn.split("<path class=\"s r d\" d=\"M").nth(1).unwrap();
            dashed.split([' ', 'H']).nth(1).unwrap().parse().unwrap()
        };
        // The line is just above the threshold, or just below.
        for (value, is_above) in [(106.0, false), (94.0, true)] {
            let lines = lines(vec![series(0, Role::Thread, &[(1.0, value), (4.0, value)])], Scale::Linear);
            let drawn = drawn(&lines, Size::Wide, &[line(100.0, "")]);
            assert_eq!(texts(&drawn, "a line")[0].1 < height(&drawn), is_above, "{drawn}");
        }
        let lines = lines(vec![series(0, Role::Thread, &[(1.0, 9.0), (4.0, 9.0), (16.0, 2.0)])], Scale::Linear);
        let upright = drawn(&lines, Size::Wide, &[line(8.0, "over")]);
        assert!(upright.contains("class=\"s r d\"") && texts(&upright, "a line")[0].1 < 20, "{upright}");
        // Even one beyond all that was measured.
        assert!(drawn(&lines, Size::Narrow, &[line(64.0, "over")]).contains(">64<"));
    }

    #[test]
    fn parameters_have_their_unit() {
        let mut lines = lines(vec![series(0, Role::Thread, &[(8.0, 10.0), (1_048_576.0, 10.0)])], Scale::Linear);
        let bare = drawn(&lines, Size::Wide, &[]);
        assert!(!bare.contains(">1 MiB<"), "{bare}");
        lines.over_unit = Some("bytes".to_owned());
        let drawn = drawn(&lines, Size::Wide, &[]);
        assert!(drawn.contains(">8 bytes<") && drawn.contains(">1 MiB<"), "{drawn}");
    }

    #[test]
    fn editions_share_a_scale_and_have_labels_of_their_own() {
        let mut one = series(0, Role::Thread, &[(1.0, 10.0), (2.0, 10.0)]);
        for mark in &mut one.marks {
            let other = Mark::example(0, "1", 1000.0).per.remove(0);
            mark.per.push(other);
        }
        let drawn = drawn(&lines(vec![one], Scale::Log), Size::Wide, &[]);
        assert!(drawn.contains("data-v=\"slow\" data-e=\"1\"") && drawn.contains("<g data-c=\"1.1\">"), "{drawn}");
        let labels = texts(&drawn, "number");
        assert!(labels.len() == 2 && labels[0].1 > labels[1].1 + 100, "{labels:?}");
    }

    #[test]
    fn a_log_axis_without_ticks_is_a_fault() {
        let of = |values: &[(f64, f64)]| lines(vec![series(0, Role::Thread, values)], Scale::Log).faults();
        assert_eq!((of(&[(1.0, 1.0), (2.0, 1000.0)]), of(&[(1.0, 31.0), (2.0, 33.0)])), (vec![], vec![]));
    }
}
