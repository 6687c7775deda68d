//! Matrices: yes or no, or a few words, for each row and column.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson};
use serde::Deserialize;

use crate::canvas::{Anchor, Canvas, Ink, Size, width, wrapped};
use crate::kind::{Asked, Kind, Line};
use crate::points::{self, Gathering, Mark, Measure, Written};
use crate::rows;

/// As many columns as can be taken in.
const MOST: usize = 5;

/// Between two cells.
const GAP: i32 = 4;

/// A line of text.
const LINE: i32 = 17;

/// What lesson.toml says of a matrix.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// Which metric it shows. Without it, each of the points names its own, in front.
    metric: Option<String>,
    /// The columns' heads.
    columns: Vec<String>,
    /// The rows.
    #[serde(default, rename = "row")]
    rows: Vec<RowFields>,
    /// Rows under heads instead.
    #[serde(default, rename = "group")]
    groups: Vec<GroupFields>,
    /// What values are called. Without it, all and none have a sign, and a share between says itself.
    #[serde(default)]
    words: BTreeMap<String, String>,
}

/// Rows below a head.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupFields {
    head: String,
    #[serde(default, rename = "row")]
    rows: Vec<RowFields>,
    /// What values are called here; without it, what they are called elsewhere.
    #[serde(default)]
    words: BTreeMap<String, String>,
}

/// A row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowFields {
    label: String,
    /// A point for each column; an empty one where there is none.
    points: Vec<String>,
}

/// The matrix.
pub struct Matrix {
    columns: Vec<String>,
    groups: Vec<Group>,
}

/// Rows below a head, which is empty where there is none, with what their values are called.
struct Group {
    head: String,
    rows: Vec<Row>,
    words: Words,
}

type Words = Vec<(f64, String)>;

/// A row with a mark for each column that has one.
struct Row {
    label: String,
    cells: Vec<Option<Mark>>,
}

/// How much of a cell is filled, and what stands in it.
#[derive(Debug, PartialEq)]
struct Filled {
    share: f64,
    /// Whether it is all of it, every time, or a value that has a word.
    is_full: bool,
    words: String,
}

impl Kind for Matrix {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let Fields { metric, columns, rows, groups, words } = lesson.fields(chart)?;
        if !(1..=MOST).contains(&columns.len()) {
            let what = format!("{} columns are none or more than {MOST}; draw two charts", columns.len());
            return Err(chart.fault("columns", what));
        }
        let room = cell(Size::Narrow.width(), columns.len());
        let is_long = |word: &&str| width(word) > room;
        if let Some(long) = columns.iter().flat_map(|head| head.split(' ')).find(is_long) {
            let what = format!("{long:?} is wider than its column on a telephone; write it shorter");
            return Err(chart.fault("columns", what));
        }
        if !chart.references.is_empty() {
            return Err(chart.fault("reference.0", "a matrix has no axis on which a line could stand"));
        }
        if let Some(word) = words
            .keys()
            .chain(groups.iter().flat_map(|group| group.words.keys()))
            .find(|value| value.parse::<f64>().is_err())
        {
            return Err(chart.fault("words", format!("{word:?} is no value; write `\"0\" = \"no\"`")));
        }
        rows::count(chart, rows.len(), &groups.iter().map(|group| group.rows.len()).collect::<Vec<_>>())?;
        let under = groups.iter().enumerate().flat_map(|(number, group)| {
            group.rows.iter().enumerate().map(move |(row, fields)| (format!("group.{number}.row.{row}.points"), fields))
        });
        let alone = rows.iter().enumerate().map(|(row, fields)| (format!("row.{row}.points"), fields));
        for (field, RowFields { points, .. }) in alone.chain(under) {
            if points.len() != columns.len() {
                let what = format!("{} points for {} columns; one for each, or \"\"", points.len(), columns.len());
                return Err(chart.fault(&field, what));
            }
            for (column, written) in points.iter().enumerate().filter(|(_, written)| !written.is_empty()) {
                points::check(lesson, chart, (&format!("{field}.{column}"), written), metric.as_deref(), true)?;
            }
        }
        Ok(())
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let Fields { metric, columns, rows, groups, words } = asked.fields()?;
        let parsed = |words: BTreeMap<String, String>| -> Words {
            words.into_iter().filter_map(|(value, word)| Some((value.parse().ok()?, word))).collect()
        };
        let everywhere = parsed(words);
        let mut gathering = Gathering::new(asked, editions);
        let mut row = |head: &str, RowFields { label, points }: RowFields| -> Result<Row> {
            // Where the cells are listed, neither column nor head is there to tell one from another.
            let above = if head.is_empty() { String::new() } else { format!("{head}: ") };
            let mut cell = |(column, point): (&String, String)| -> Result<Option<Mark>> {
                if point.is_empty() {
                    return Ok(None);
                }
                let written = Written::Labelled { point, label: format!("{above}{label}: {column}") };
                gathering.mark(&written, metric.as_deref()).map(Some)
            };
            let cells = columns.iter().zip(points).map(&mut cell).collect::<Result<_>>()?;
            Ok(Row { label, cells })
        };
        let mut made = Vec::new();
        if !rows.is_empty() {
            let rows = rows.into_iter().map(|fields| row("", fields)).collect::<Result<_>>()?;
            made.push(Group { head: String::new(), rows, words: everywhere.clone() });
        }
        for GroupFields { head, rows, words } in groups {
            let words = if words.is_empty() { everywhere.clone() } else { parsed(words) };
            let rows = rows.into_iter().map(|fields| row(&head, fields)).collect::<Result<_>>()?;
            made.push(Group { head, rows, words });
        }
        for Group { head, rows, .. } in &mut made {
            let parts = rows.iter_mut().map(|Row { label, cells }| (label, cells.iter().flatten().collect()));
            *head = points::headed(head, parts.collect());
        }
        for Group { rows, .. } in made.iter().filter(|group| group.words.is_empty()) {
            let mut marks = rows.iter().flat_map(|row| &row.cells).flatten();
            if let Some(mark) = marks.find(|mark| whole(&mark.unit).is_none()) {
                let id = &asked.chart.id;
                bail!("{}: the chart {id:?} needs `words`, as a value in {:?} isn't yes or no", asked.slug, mark.unit);
            }
        }
        Ok(Self { columns, groups: made })
    }

    fn subtitle(&self, shows: &str) -> String {
        shows.to_owned()
    }

    fn marks(&self) -> Vec<&Mark> {
        self.all().collect()
    }

    fn explained(&self) -> &'static str {
        ""
    }

    fn draw(&self, canvas: &mut Canvas, _: &[Line]) -> i32 {
        let narrow = canvas.is_narrow();
        let count = self.columns.len();
        let longest = self.rows().map(|row| width(&row.label)).max().unwrap_or(0);
        let head = self.columns.iter().flat_map(|head| head.split(' ')).map(width).max().unwrap_or(0);
        // On a telephone labels stand beside the cells only where they leave them enough room.
        let beside = if narrow { longest.min(150) + 8 } else { longest.min(280) + 14 };
        let left = if narrow && cell(canvas.width() - beside, count) < head.max(64) { 1 } else { beside };
        let wide = cell(canvas.width() - left, count).min(180);
        let at = |column: usize| left + (wide + GAP) * column as i32;

        let heads: Vec<Vec<String>> = self.columns.iter().map(|head| wrapped(head, wide)).collect();
        let lines = heads.iter().map(Vec::len).max().unwrap_or(0) as i32;
        for (column, head) in heads.iter().enumerate() {
            let first = 9 + LINE * (lines - head.len() as i32);
            for (line, y) in head.iter().zip((first..).step_by(LINE as usize)) {
                canvas.text(line, (at(column) + wide / 2, y), Anchor::Middle, Ink::Muted);
            }
        }
        let mut y = LINE * lines + 6;
        for Group { head, rows, words: called } in &self.groups {
            if !head.is_empty() {
                canvas.bold(head, (0, y + 14), Anchor::Start, Ink::Own);
                y += 28;
            }
            for row in rows {
                let above = left == 1;
                let label = wrapped(&row.label, if above { canvas.width() } else { left - 8 });
                let text = LINE * label.len() as i32;
                let words = |edition| row.cells.iter().flatten().filter_map(move |mark| filled(called, mark, edition));
                let said = (0..canvas.editions).flat_map(words).map(|filled| wrapped(&filled.words, wide - 6).len());
                let high = (LINE * said.max().unwrap_or(1).max(1) as i32 + 8).max(if above { 0 } else { text });
                let top = if above { y + text + 2 } else { y };
                let first = if above { y + 9 } else { top + high / 2 - (label.len() as i32 - 1) * LINE / 2 };
                let (x, anchor) = match (above, narrow) {
                    (true, _) | (false, true) => (0, Anchor::Start),
                    (false, false) => (left - 14, Anchor::End),
                };
                for (line, y) in label.iter().zip((first..).step_by(LINE as usize)) {
                    canvas.text(line, (x, y), anchor, Ink::Own);
                }
                for (column, mark) in row.cells.iter().enumerate() {
                    self.cell(canvas, (mark.as_ref(), called), [(at(column), top), (at(column) + wide, top + high)]);
                }
                y = top + high + if above { 8 } else { GAP };
            }
            y += 4;
        }
        y
    }
}

impl Matrix {
    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }

    fn all(&self) -> impl Iterator<Item = &Mark> {
        self.rows().flat_map(|row| &row.cells).flatten()
    }

    /// A cell in every edition: a frame, filled as far as it is so, and what that is called.
    fn cell(&self, canvas: &mut Canvas, (mark, called): (Option<&Mark>, &Words), corners: [(i32, i32); 2]) {
        let [(left, top), (right, bottom)] = corners;
        let middle = (i32::midpoint(left, right), i32::midpoint(top, bottom));
        let Some(mark) = mark else {
            return canvas.text("–", middle, Anchor::Middle, Ink::Muted);
        };
        for edition in 0..canvas.editions {
            let Some(Filled { share, is_full, words }) = filled(called, mark, edition) else {
                // Where an edition has nothing at all, nothing is shown of it.
                if self.all().any(|mark| mark.per.get(edition).is_some_and(Option::is_some)) {
                    canvas.edition(edition, |canvas| canvas.text("?", middle, Anchor::Middle, Ink::Muted));
                }
                continue;
            };
            let lines = wrapped(&words, right - left - 6);
            let first = middle.1 - (lines.len() as i32 - 1) * LINE / 2;
            let lines = || lines.iter().zip((first..).step_by(LINE as usize));
            canvas.mark(mark, edition, |canvas| {
                if is_full {
                    canvas.rect(corners, Ink::Own);
                } else {
                    let to = left + (share * f64::from(right - left)).round() as i32;
                    if to > left {
                        canvas.tint([(left, top), (to, bottom)], Ink::Own, 0.35);
                    }
                    let around = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
                    canvas.line(&around, Ink::Own, 1);
                }
                if is_full || share == 0.0 {
                    let ink = if is_full { Ink::Ground } else { Ink::Own };
                    lines().for_each(|(line, y)| canvas.bold(line, (middle.0, y), Anchor::Middle, ink));
                }
            });
            // In the colour of text, for it stands on the tint.
            if !is_full && share > 0.0 {
                canvas.edition(edition, |canvas| {
                    lines().for_each(|(line, y)| canvas.bold(line, (middle.0, y), Anchor::Middle, Ink::Own));
                });
            }
        }
    }
}

/// What a cell says in an edition; nothing where it isn't measured.
fn filled(called: &Words, mark: &Mark, edition: usize) -> Option<Filled> {
    let Measure { estimate, .. } = mark.per.get(edition)?.as_ref()?;
    let value = mark.per[edition].as_ref()?.value();
    let share = whole(&mark.unit).map_or(if value == 0.0 { 0.0 } else { 1.0 }, |whole| value / whole);
    let always = |end: f64| whole(&mark.unit).is_some_and(|whole| [estimate.lower, estimate.upper] == [end * whole; 2]);
    let word = called.iter().find(|(known, _)| *known == value).map(|(_, word)| word.clone());
    let is_full = share == 1.0 && (word.is_some() || always(1.0));
    let words = match word {
        Some(word) => word,
        None if is_full => "✓".to_owned(),
        None if always(0.0) => "✗".to_owned(),
        None if share == 1.0 && estimate.spread() < 0.2 => "nearly all".to_owned(),
        None => mark.said(edition),
    };
    Some(Filled { share: share.clamp(0.0, 1.0), is_full, words })
}

/// How wide a cell is where this many stand in so much room.
fn cell(room: i32, columns: usize) -> i32 {
    room / columns as i32 - GAP
}

/// The value that means all, in units that have one.
fn whole(unit: &str) -> Option<f64> {
    match unit.strip_prefix("of ") {
        Some(count) => count.replace(',', "").parse().ok(),
        None => (unit == "%").then_some(100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html;
    use edition::example::{LESSON, claims, edition};

    fn mark(id: usize, unit: &str, ends: [f64; 3]) -> Mark {
        let mut mark = Mark::example(id, "1", ends[1]);
        mark.unit = unit.to_owned();
        let estimate = &mut mark.per[0].as_mut().unwrap().estimate;
        (estimate.lower, estimate.upper) = (ends[0], ends[2]);
        mark
    }

    fn matrix(cells: Vec<Option<Mark>>, words: &[(f64, &str)]) -> Matrix {
        let columns = (0..cells.len()).map(|column| format!("column {column}")).collect();
        Matrix { columns, groups: vec![group(cells, words)] }
    }

    fn group(cells: Vec<Option<Mark>>, words: &[(f64, &str)]) -> Group {
        let words = words.iter().map(|(value, word)| (*value, (*word).to_owned())).collect();
        Group { head: "head".to_owned(), rows: vec![Row { label: "a < b".to_owned(), cells }], words }
    }

    fn drawn(matrix: &Matrix, size: Size) -> String {
        String::from(Canvas::draw(size, (1, false), |canvas| matrix.draw(canvas, &[])).svg(&html!("")))
    }

    #[test]
    fn a_cell_is_listed_with_head_row_and_column() {
        let group = "[[chart.group]]\nhead = 'slowly'\nrow = [{ label = 'two', points = ['lost/slow/2'] }]";
        let fields = format!("columns = ['kept']\nwords = {{ '600' = 'no' }}\n{group}\n");
        let text = LESSON.replace("metric = \"lost\"\nrows = [\"slow/2\", \"fast/2\"]\n", &fields);
        let lesson = Lesson::parse(&text, &claims()).unwrap();
        let asked = Asked { slug: "example", lesson: &lesson, chart: &lesson.charts[1] };
        let matrix = Matrix::gather(&asked, &[&edition("reference")]).unwrap();
        assert_eq!(matrix.all().map(|mark| &mark.label[..]).collect::<Vec<_>>(), ["slowly: two: kept"]);
    }

    #[test]
    fn all_and_none_have_signs_and_what_lies_between_says_its_share() {
        let says = |unit, ends| {
            let one = mark(0, unit, ends);
            let Filled { share, words, .. } = filled(&Words::new(), &one, 0).unwrap();
            (share, words.replace('\u{a0}', " "))
        };
        assert_eq!(says("of 3", [3.0; 3]), (1.0, "✓".to_owned()));
        assert_eq!(says("%", [0.0; 3]), (0.0, "✗".to_owned()));
        assert_eq!(says("of 3", [2.0; 3]), (2.0 / 3.0, "2 of 3".to_owned()));
        // What isn't so in every launch is not all.
        assert_eq!(says("%", [90.0, 100.0, 100.0]), (1.0, "nearly all".to_owned()));
    }

    #[test]
    fn a_value_is_called_what_the_words_say() {
        let one = mark(0, "zombies", [1.0; 3]);
        let mut zombies = matrix(vec![Some(one.clone())], &[(0.0, "none"), (1.0, "one stays")]);
        let called = &zombies.groups[0].words;
        let full = Filled { share: 1.0, is_full: true, words: "one stays".to_owned() };
        assert_eq!(filled(called, &one, 0), Some(full));
        zombies.groups.push(group(vec![Some(one)], &[(1.0, "and here too")]));
        let svg = drawn(&zombies, Size::Wide);
        assert_eq!([">one stays<", ">and here too<"].map(|words| svg.matches(words).count()), [1, 1], "{svg}");
    }

    #[test]
    fn every_cell_that_has_a_point_is_a_mark() {
        let cells = || vec![Some(mark(0, "of 1", [1.0; 3])), None, Some(mark(1, "of 4", [1.0; 3]))];
        for size in [Size::Wide, Size::Narrow] {
            let svg = drawn(&matrix(cells(), &[]), size);
            for part in ["data-c=\"0.0\"", "data-c=\"1.0\"", ">a &lt; b<", ">head<", ">✓<", ">–<", ">1\u{a0}of 4<"]
            {
                assert!(svg.contains(part), "{part}: {svg}");
            }
            assert_eq!(svg.matches("class=\"m thread\"").count(), 2, "{svg}");
        }
    }
}
