//! The frame of charts whose rows share one axis of values: labels on the left, values on the right, ticks below.

use anyhow::Result;
use edition::lesson::{Chart, Fault, Lesson, Role};
use serde::Deserialize;

use crate::axes::{Ruler, Scale, names, ticks};
use crate::canvas::{Anchor, Canvas, Ink, bold_width, width, wrapped};
use crate::html;
use crate::kind::Line;
use crate::points::{self, Gathering, Mark, Written};

/// More rows than this without a head over them can't be taken in.
pub const MOST: usize = 8;

/// The most rows of a chart that has heads.
pub const MOST_IN_GROUPS: usize = 14;

/// What lesson.toml says of rows that each are one point.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Which metric they show. Without it, each of the points names its own, in front.
    pub metric: Option<String>,
    /// The points to draw, each `variant/parameter`, or `metric/variant/parameter`; they are drawn in order of their values.
    #[serde(default)]
    pub rows: Vec<Written>,
    /// Rows under heads instead, in the order in which they are written.
    #[serde(default, rename = "group")]
    pub groups: Vec<GroupFields>,
    /// How the value axis runs.
    #[serde(default)]
    pub scale: Scale,
}

/// Some rows below a head.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupFields {
    /// The head.
    pub head: String,
    /// The points.
    #[serde(default)]
    pub rows: Vec<Written>,
    /// More of them, which not every machine has.
    #[serde(default)]
    pub where_there: Vec<Written>,
}

/// Rows below a head; one without rows under heads has no words for it.
#[derive(Debug)]
pub struct Group {
    /// The head.
    pub head: String,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row: its label, and what is drawn in it.
#[derive(Debug)]
pub struct Row {
    /// The label.
    pub label: String,
    /// What lesson.toml calls it: the label without the version of an interpreter.
    pub name: String,
    /// The marks.
    pub marks: Vec<Mark>,
}

impl Row {
    /// A row that is called so.
    pub fn new(label: String, marks: Vec<Mark>) -> Self {
        Self { name: label.clone(), label, marks }
    }

    /// Its marks say below which head they stand: where they are listed, the head isn't there to tell one from another.
    pub fn headed(&mut self, head: &str) {
        for mark in &mut self.marks {
            mark.label = points::versioned(&format!("{head}: {}", mark.label), [&*mark]);
        }
    }

    /// Its label, and the marks that say which version of an interpreter it is of.
    pub fn parts(&mut self) -> (&mut String, Vec<&Mark>) {
        (&mut self.label, self.marks.iter().collect())
    }
}

/// Checks rows that each are one point.
///
/// # Errors
/// A point is written otherwise or isn't known, or there are none, or more than can be taken in.
pub fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
    let Fields { metric, rows, groups, .. } = lesson.fields(chart)?;
    count(
        chart,
        rows.len(),
        &groups.iter().map(|group| group.rows.len() + group.where_there.len()).collect::<Vec<_>>(),
    )?;
    let point = |field: String, written: &Written| {
        points::check(lesson, chart, (&field, written.point()), metric.as_deref(), true)
    };
    for (number, written) in rows.iter().enumerate() {
        point(format!("rows.{number}"), written)?;
    }
    for (number, group) in groups.iter().enumerate() {
        for (name, rows) in [("rows", &group.rows), ("where_there", &group.where_there)] {
            for (row, written) in rows.iter().enumerate() {
                point(format!("group.{number}.{name}.{row}"), written)?;
            }
        }
    }
    Ok(())
}

/// Whether this many rows without heads, and this many under each head, can be taken in.
///
/// # Errors
/// There are none, or more.
pub fn count(chart: &Chart, rows: usize, groups: &[usize]) -> Result<(), Fault> {
    count_within(chart, rows, groups, MOST)
}

/// The same where more can be taken in below one head.
///
/// # Errors
/// As for [`count`].
pub fn count_within(chart: &Chart, rows: usize, groups: &[usize], most: usize) -> Result<(), Fault> {
    let all = groups.iter().sum::<usize>();
    match (rows, all) {
        (0, 0) => Err(chart.fault("rows", "it draws nothing; name what to draw")),
        (_, 1..) if rows > 0 => Err(chart.fault("rows", "either `rows` or a [[chart.group]], not both")),
        _ if rows > most && rows <= MOST_IN_GROUPS => {
            Err(chart.fault("rows", format!("{rows} rows are more than {most}; put them into a [[chart.group]] each")))
        }
        _ if rows + all > MOST_IN_GROUPS || groups.iter().any(|rows| *rows > most) => Err(chart.fault(
            if rows > 0 { "rows" } else { "group" },
            format!("{} rows are more than a chart can bear: {most} under a head, {MOST_IN_GROUPS} in all", rows + all),
        )),
        _ => Ok(()),
    }
}

/// Gathers rows that each are one point. Those without heads come in order of their values.
///
/// # Errors
/// The first edition lacks one.
pub fn gather(mut gathering: Gathering<'_>, fields: Fields) -> Result<Vec<Group>> {
    let metric = fields.metric.as_deref();
    let row = |mark: Mark| Row::new(mark.label.clone(), vec![mark]);
    let mut made = Vec::new();
    for GroupFields { head, rows, where_there } in fields.groups {
        let mut all = rows.iter().map(|written| gathering.mark(written, metric)).collect::<Result<Vec<_>>>()?;
        for written in &where_there {
            all.extend(gathering.where_there(written, metric)?);
        }
        let mut rows: Vec<Row> = all.into_iter().map(row).collect();
        rows.iter_mut().for_each(|row| row.headed(&head));
        let head = points::headed(&head, rows.iter_mut().map(Row::parts).collect());
        made.push(Group { head, rows });
    }
    let mut rows = fields.rows.iter().map(|written| gathering.mark(written, metric)).collect::<Result<Vec<_>>>()?;
    let value = |mark: &Mark| mark.per.first().and_then(Option::as_ref).map_or(0.0, |measure| measure.value());
    rows.sort_by(|a, b| value(b).total_cmp(&value(a)));
    if !rows.is_empty() {
        made.push(Group { head: String::new(), rows: rows.into_iter().map(row).collect() });
    }
    Ok(made)
}

/// All marks of all rows.
pub fn marks(groups: &[Group]) -> impl Iterator<Item = &Mark> {
    groups.iter().flat_map(|group| &group.rows).flat_map(|row| &row.marks)
}

/// The axis of the values.
#[derive(Clone, Copy, Debug)]
pub struct Axis<'a> {
    /// The values' unit.
    pub unit: &'a str,
    /// How it runs.
    pub scale: Scale,
    /// What it must reach.
    pub reach: &'a [f64],
}

/// A form that tells marks of one colour apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A filled dot.
    Dot,
    /// An upright bar.
    Bar,
    /// A dot with nothing in it.
    Ring,
}

impl Form {
    /// Draws it around a place.
    pub fn draw(self, canvas: &mut Canvas, (x, y): (i32, i32)) {
        match self {
            Self::Dot => canvas.dot((x, y), 5),
            Self::Bar => canvas.rect([(x - 2, y - 8), (x + 2, y + 8)], Ink::Own),
            Self::Ring => canvas.ring((x, y), 5),
        }
    }
}

/// What a frame has that not every one needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras<'a> {
    /// What forms mean, as a line above the plot.
    pub key: &'a [(Form, &'a str)],
    /// What the values on the right are of, above them.
    pub values: &'a str,
    /// For each row, the room to keep above its marks, and how high the part is in which they are drawn; [`Frame::BAND`] if it isn't given.
    pub rooms: &'a [(i32, i32)],
}

/// The frame of a chart of rows.
pub struct Frame<'a> {
    /// The rows.
    pub groups: &'a [Group],
    /// The axis.
    pub axis: Axis<'a>,
    /// The lines across all rows.
    pub references: &'a [Line],
    /// What stands on the right of a row in an edition, in the colour of its first mark; nothing where it says nothing.
    pub value: &'a dyn Fn(&Row, usize) -> String,
}

impl Frame<'_> {
    /// How high the part of a row is in which marks are drawn, in pixels.
    pub const BAND: i32 = 24;

    fn values(&self, row: &Row, editions: usize) -> Vec<String> {
        (0..editions).map(|edition| (self.value)(row, edition)).collect()
    }

    /// The ruler of the values, and the places of its ends: between the labels and the values, which have this head.
    pub fn ruler(&self, canvas: &Canvas, values: &str) -> (Ruler, (i32, i32)) {
        let rows = || self.groups.iter().flat_map(|group| &group.rows);
        let said = rows().flat_map(|row| self.values(row, canvas.editions)).map(|words| bold_width(&words));
        let widest = said.chain([width(values)]).max().unwrap_or(0);
        let longest = rows().map(|row| width(&row.label)).max().unwrap_or(0);
        let left = if canvas.is_narrow() { 6 } else { longest.min(250) + 18 };
        let right = canvas.width() - if widest > 0 { widest + 12 } else { 14 };
        let reach: Vec<f64> =
            self.axis.reach.iter().copied().chain(self.references.iter().map(|line| line.at)).collect();
        (Ruler::new(&reach, self.axis.scale, (left, right)), (left, right))
    }

    /// Draws it, lets `row` draw the marks of each row at the height of its middle, and returns the height of it all.
    pub fn draw(&self, canvas: &mut Canvas, row: &mut dyn FnMut(&mut Canvas, &Row, &Ruler, i32)) -> i32 {
        self.draw_with(canvas, Extras::default(), row)
    }

    /// The same with a key, or rows of another height.
    pub fn draw_with(
        &self,
        canvas: &mut Canvas,
        extras: Extras<'_>,
        row: &mut dyn FnMut(&mut Canvas, &Row, &Ruler, i32),
    ) -> i32 {
        let rows = || self.groups.iter().flat_map(|group| &group.rows);
        let narrow = canvas.is_narrow();
        let (ruler, (left, right)) = self.ruler(canvas, extras.values);
        let above = key(canvas, extras.key, (left, right));
        if !extras.values.is_empty() {
            canvas.text(extras.values, (right + 12, 9), Anchor::Start, Ink::Muted);
        }
        // A reader's guess has its name above the rows, as a reference has.
        let top = heads(canvas, &ruler, self.references, above).max(20);

        // Where everything comes to stand, before lines are drawn that go through it all.
        let (mut y, mut places, mut heads) = (top + 4, Vec::new(), Vec::new());
        let mut rooms = extras.rooms.iter().copied();
        for group in self.groups {
            if !group.head.is_empty() {
                heads.push((group.head.clone(), y + 14));
                y += 28;
            }
            for one in &group.rows {
                let lines =
                    if narrow { wrapped(&one.label, canvas.width() - 12) } else { wrapped(&one.label, left - 14) };
                let text = lines.len() as i32 * 17;
                let (room, band) = rooms.next().unwrap_or((0, Self::BAND));
                let high = if narrow { band } else { text.max(band) };
                let middle = if narrow { y + text + room + high / 2 } else { y + room + high / 2 + 2 };
                places.push((lines, y, middle));
                y = if narrow { middle + high / 2 + 4 } else { y + room + high + 4 };
            }
            y += 6;
        }
        let bottom = y;
        let height = self.foot(canvas, &ruler, (left, right), (top, bottom));
        for (one, (_, _, middle)) in rows().zip(&places) {
            row(canvas, one, &ruler, *middle);
            for (edition, words) in
                self.values(one, canvas.editions).iter().enumerate().filter(|(_, words)| !words.is_empty())
            {
                let role = one.marks.first().and_then(|mark| mark.role).map_or("plain", Role::class);
                let variant = one.marks.first().map_or("", |mark| &mark.variant);
                let attributes = html!("class=\"{}\" data-v=\"{}\"{}", role, variant, canvas.of(edition));
                canvas.group(&attributes, |canvas| {
                    canvas.bold(words, (right + 12, *middle), Anchor::Start, Ink::Own);
                });
            }
        }
        // A reader's guess is drawn before them, as they must not be crossed.
        canvas.group(&html!("class=\"l\""), |canvas| {
            for (head, y) in heads {
                cleared(canvas, bold_width(&head), (0, y));
                canvas.bold(&head, (0, y), Anchor::Start, Ink::Own);
            }
            for (lines, above, middle) in places {
                for (number, line) in lines.iter().enumerate() {
                    let number = number as i32;
                    match narrow {
                        true => {
                            let at = (left, above + 9 + 17 * number);
                            cleared(canvas, width(line), at);
                            canvas.text(line, at, Anchor::Start, Ink::Own);
                        }
                        false => {
                            let first = middle - (lines.len() as i32 - 1) * 17 / 2;
                            canvas.text(line, (left - 14, first + 17 * number), Anchor::End, Ink::Own);
                        }
                    }
                }
            }
        });
        canvas.along(&ruler, 'x', (top, bottom));
        height
    }

    /// Grid, ticks and references; the height of the whole drawing.
    fn foot(&self, canvas: &mut Canvas, ruler: &Ruler, (left, right): (i32, i32), (top, bottom): (i32, i32)) -> i32 {
        foot(canvas, ruler, self.axis.unit, (left, right), (top, bottom));
        for line in self.references {
            let x = ruler.place(line.at);
            line.draw(canvas, |canvas| canvas.dashed(&[(x, top), (x, bottom)], Ink::Reference, 2));
        }
        bottom + 24
    }
}

/// The names of the references above a plot, each in a line of its own where two would meet; where the plot begins.
pub fn heads(canvas: &mut Canvas, ruler: &Ruler, references: &[Line], top: i32) -> i32 {
    let lines: Vec<(i32, &Line)> = references.iter().map(|line| (ruler.place(line.at), line)).collect();
    names(canvas, top, &lines) + 2
}

/// The grid of an axis that runs from left to right, and its ticks below.
pub fn foot(canvas: &mut Canvas, ruler: &Ruler, unit: &str, (left, right): (i32, i32), (top, bottom): (i32, i32)) {
    let ticks = ticks(ruler, unit);
    for (tick, _) in &ticks {
        let x = ruler.place(*tick);
        canvas.line(&[(x, top), (x, bottom)], Ink::Grid, 1);
    }
    canvas.line(&[(left, bottom), (right, bottom)], Ink::Axis, 1);
    let placed: Vec<(i32, i32, &str)> = ticks
        .iter()
        .rev()
        .map(|(tick, words)| {
            let half = width(words) / 2;
            (ruler.place(*tick).clamp(half, canvas.width() - half), half, &words[..])
        })
        .collect();
    // Where there is no room for all, each second or third has words; the line alone tells the others.
    let fit = |step: &usize| {
        let told: Vec<_> = placed.iter().step_by(*step).collect();
        told.windows(2).all(|two| two[1].0 + two[1].1 + 8 <= two[0].0 - two[0].1)
    };
    let step = (1..placed.len()).find(fit).unwrap_or(placed.len().max(1));
    for (x, _, words) in placed.iter().step_by(step) {
        canvas.text(words, (*x, bottom + 14), Anchor::Middle, Ink::Muted);
    }
}

/// Takes away the lines of the plot where words begin that are so wide.
pub fn cleared(canvas: &mut Canvas, wide: i32, (x, y): (i32, i32)) {
    canvas.rect([(x, y - 8), (x + wide, y + 8)], Ink::Ground);
}

/// What forms mean, from left to right, in as many lines as it takes; how high they are.
fn key(canvas: &mut Canvas, key: &[(Form, &str)], (left, right): (i32, i32)) -> i32 {
    let (mut x, mut y) = (left, 9);
    for (form, words) in key {
        let wide = 14 + width(words);
        if x > left && x + wide > right {
            (x, y) = (left, y + 18);
        }
        form.draw(canvas, (x + 5, y));
        canvas.text(words, (x + 16, y), Anchor::Start, Ink::Muted);
        x += wide + 22;
    }
    // Between it and the rows stands the name of a reader's guess.
    if key.is_empty() { 0 } else { y + 26 }
}

/// The launches, or samples of two modes, as small ticks across the middle of a row.
pub fn launches(canvas: &mut Canvas, measure: &points::Measure, ruler: &Ruler, y: i32, high: i32) {
    let mut places: Vec<i32> =
        measure.ticks().iter().filter(|tick| ruler.has(**tick)).map(|tick| ruler.place(*tick)).collect();
    places.sort_unstable();
    places.dedup();
    for x in places {
        canvas.line(&[(x, y - high), (x, y + high)], Ink::Tick, 1);
    }
}

/// What a log axis lacks: three ticks around the data.
pub fn faults(axis: Axis<'_>, references: &[Line]) -> Vec<String> {
    let reach: Vec<f64> = axis.reach.iter().copied().chain(references.iter().map(|line| line.at)).collect();
    let count = ticks(&Ruler::new(&reach, axis.scale, (0, 500)), axis.unit).len();
    let is_bad = axis.scale == Scale::Log && count < 3;
    is_bad.then(|| format!("its log axis has {count} ticks; draw it on a linear one")).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;
    use crate::kind::Asked;

    #[test]
    fn rows_of_one_label_are_told_apart_by_their_heads_where_they_are_listed() {
        let project = edition::example::project(&["reference"]);
        let lesson = &project.lessons["example"];
        let asked = Asked { slug: "example", lesson, chart: &lesson.charts[1] };
        let group = |head: &str, point: &str| GroupFields {
            head: head.to_owned(),
            rows: vec![Written::Labelled { point: point.to_owned(), label: "a thread".to_owned() }],
            where_there: Vec::new(),
        };
        let groups = vec![group("slowly", "slow/2"), group("fast", "fast/2")];
        let fields = Fields { metric: Some("lost".to_owned()), rows: Vec::new(), groups, scale: Scale::Linear };
        let made = gather(Gathering::new(&asked, &[&project.editions[0]]), fields).unwrap();
        let listed: Vec<&str> = marks(&made).map(|mark| &mark.label[..]).collect();
        assert_eq!(listed, ["slowly: a thread", "fast: a thread"]);
        assert!(made.iter().all(|group| group.rows[0].label == "a thread"));
    }

    #[test]
    fn words_below_an_axis_stand_at_even_steps() {
        let drawn = |size: Size, unit: &str, values: &[f64]| {
            let drawing = Canvas::draw(size, (1, false), |canvas| {
                let ruler = Ruler::new(values, Scale::Log, (6, canvas.width() - 90));
                foot(canvas, &ruler, unit, (6, canvas.width() - 90), (0, 20));
                44
            });
            let body = drawing.body().as_str().replace('\u{a0}', " ");
            body.split("</text>")
                .filter_map(|text| Some(text.rsplit_once('>')?.1.to_owned()))
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
        };
        assert_eq!(drawn(Size::Narrow, "bytes", &[8.0, 573.0]), ["512 bytes", "64 bytes", "8 bytes"]);
        assert_eq!(drawn(Size::Wide, "bytes", &[8.0, 573.0])[..2], ["512 bytes", "256 bytes"]);
        assert_eq!(drawn(Size::Narrow, "states", &[1.0, 30.0]), ["20", "10", "5", "2", "1"]);
    }
}
