//! Columns: several metrics of the same rows beside each other, each as bars from 0 on, with a scale and a unit of its own.

use anyhow::{Result, bail};
use edition::lesson::{Chart, Fault, Lesson, Role};
use edition::{Edition, NotRecorded};
use serde::Deserialize;

use super::bars::bar;
use crate::axes::{Ruler, Scale, scaled, subtitle, ticks};
use crate::canvas::{Anchor, Canvas, Ink, bold_width, width, wrapped};
use crate::html;
use crate::kind::{Asked, Kind, Line};
use crate::points::{self, Gathering, Mark, Written};
use crate::rows::{self, GroupFields};

/// As many columns as can be taken in.
const MOST: usize = 5;

/// A line of text.
const LINE: i32 = 17;

/// Between a plot and its values.
const GAP: i32 = 8;

/// What lesson.toml says of columns. Rows come in the order in which they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(rename = "column")]
    columns: Vec<ColumnFields>,
    /// The rows, each `variant/parameter`, in all columns.
    #[serde(default)]
    rows: Vec<Written>,
    /// Rows under heads instead.
    #[serde(default, rename = "group")]
    groups: Vec<GroupFields>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnFields {
    metric: String,
    head: String,
    /// The parameter of its points, where it's another one than that of the rows.
    parameter: Option<String>,
}

impl ColumnFields {
    /// The point of a row in this column.
    fn point(&self, row: &str) -> String {
        match (&self.parameter, row.split_once('/')) {
            (Some(parameter), Some((variant, _))) => format!("{variant}/{parameter}"),
            _ => row.to_owned(),
        }
    }
}

/// The columns.
pub struct Columns {
    columns: Vec<Column>,
    groups: Vec<Group>,
}

struct Column {
    metric: String,
    head: String,
    unit: String,
    reach: Vec<f64>,
    /// How wide its values are.
    values: i32,
}

/// Rows below a head, which is empty where there is none.
struct Group {
    head: String,
    rows: Vec<Row>,
}

/// A row, with a mark for each column in which it was measured.
struct Row {
    label: String,
    cells: Vec<Option<Mark>>,
}

impl Kind for Columns {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let Fields { columns, rows, groups } = lesson.fields(chart)?;
        if !(2..=MOST).contains(&columns.len()) {
            let what = format!("{} columns are too few or too many; name 2 to {MOST}, or draw bars", columns.len());
            return Err(chart.fault("column", what));
        }
        for (number, ColumnFields { metric, parameter, .. }) in columns.iter().enumerate() {
            let shows = lesson.shows(metric, parameter.as_deref().unwrap_or_default());
            shows.map_err(|what| chart.fault(&format!("column.{number}.metric"), what))?;
        }
        let counts: Vec<usize> = groups.iter().map(|group| group.rows.len() + group.where_there.len()).collect();
        rows::count_within(chart, rows.len(), &counts, rows::MOST_IN_GROUPS)?;
        let under = groups.iter().enumerate().flat_map(|(number, group)| {
            let named = [("rows", &group.rows), ("where_there", &group.where_there)];
            named.map(|(name, rows)| (format!("group.{number}.{name}"), rows))
        });
        for (field, rows) in under.chain([("rows".to_owned(), &rows)]) {
            for (row, column) in rows.iter().enumerate().flat_map(|row| columns.iter().map(move |column| (row, column)))
            {
                let (field, written) = (format!("{field}.{}", row.0), row.1.point());
                points::check(lesson, chart, (&field, written), Some(&column.metric), true)?;
                points::check(lesson, chart, (&field, &column.point(written)), Some(&column.metric), true)?;
            }
        }
        let of = |axis: &Option<String>| columns.iter().any(|column| axis.as_ref() == Some(&column.metric));
        match chart.references.iter().position(|reference| !of(&reference.axis)) {
            Some(number) => {
                let metrics: Vec<String> = columns.iter().map(|column| format!("{:?}", column.metric)).collect();
                let what =
                    format!("say by its metric in which column it stands: `axis` is one of {}", metrics.join(", "));
                Err(chart.fault(&format!("reference.{number}.says"), what))
            }
            None => Ok(()),
        }
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let Fields { columns, rows, groups } = asked.fields()?;
        let mut gathering = Gathering::new(asked, editions);
        let mut row = |head: &str, written: &Written, must: bool| -> Result<Option<Row>> {
            let variant = written.point().split('/').next().unwrap_or_default();
            let label = written.label().unwrap_or_else(|| asked.lesson.label(variant));
            // Where the cells are listed, neither column nor head is there to tell one from another.
            let above = if head.is_empty() { String::new() } else { format!("{head}: ") };
            let point = |column: &ColumnFields| Written::Labelled {
                point: column.point(written.point()),
                label: format!("{above}{label}: {}", column.head),
            };
            let cells = columns.iter().map(|of| gathering.where_there(&point(of), Some(&of.metric)));
            let cells: Vec<Option<Mark>> = cells.collect::<Result<_>>()?;
            // A row may lack some columns, but not all of them.
            if must && cells.iter().flatten().all(|mark| mark.per.first().is_none_or(Option::is_none)) {
                gathering.mark(&point(&columns[0]), Some(&columns[0].metric))?;
            }
            Ok(cells.iter().any(Option::is_some).then(|| Row { label: label.to_owned(), cells }))
        };
        let mut made = Vec::new();
        let alone = GroupFields { head: String::new(), rows, where_there: Vec::new() };
        for GroupFields { head, rows, where_there } in groups.iter().chain([&alone]) {
            let all = rows.iter().map(|written| row(head, written, true));
            let mut rows = all.collect::<Result<Vec<_>>>()?;
            for written in where_there {
                rows.push(row(head, written, false)?);
            }
            let mut rows: Vec<Row> = rows.into_iter().flatten().collect();
            let parts = rows.iter_mut().map(|Row { label, cells }| (label, cells.iter().flatten().collect()));
            let head = points::headed(head, parts.collect());
            made.extend((!rows.is_empty()).then_some(Group { head, rows }));
        }
        let of = |(number, ColumnFields { metric, head, .. }): (usize, ColumnFields)| {
            let marks = || made.iter().flat_map(|group| &group.rows).filter_map(move |row| row.cells[number].as_ref());
            if marks().next().is_none() {
                bail!(NotRecorded(format!("{}: no row of the chart {:?} has {metric:?}", asked.slug, asked.chart.id)));
            }
            let unit = points::unit(asked, marks())?;
            let said =
                marks().flat_map(|mark| (0..editions.len()).map(move |edition| bold_width(&said(mark, edition))));
            let (head, values) = (subtitle(&head, &unit, Scale::Linear), said.max().unwrap_or(0));
            Ok(Column { metric, head, unit, reach: points::ends(marks()), values })
        };
        let columns = columns.into_iter().enumerate().map(of).collect::<Result<_>>()?;
        Ok(Self { columns, groups: made })
    }

    fn subtitle(&self, shows: &str) -> String {
        shows.to_owned()
    }

    fn marks(&self) -> Vec<&Mark> {
        self.rows().flat_map(|row| &row.cells).flatten().collect()
    }

    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let narrow = canvas.is_narrow();
        let (widest, least, between) = if narrow { ([122; 2], 60, 18) } else { ([210, 140], 52, 24) };
        let longest = self.rows().map(|row| width(&row.label)).max().unwrap_or(0);
        // As many beside each other as leave their bars room, rather with labels in two lines than one fewer; on a telephone rather
        // pairs below labels than one beside them.
        let count = self.columns.len();
        let all = canvas.width();
        let values = |per: usize| -> Vec<i32> {
            let at = |at: usize| self.columns.iter().skip(at).step_by(per).map(|column| column.values + GAP).max();
            (0..per).filter_map(at).collect()
        };
        let room = |(left, per): (i32, usize)| {
            (all - left - values(per).iter().sum::<i32>() - between * (per as i32 - 1)) / per as i32
        };
        let beside = widest.map(|widest| longest.min(widest) + 12);
        let several = (1..count).flat_map(|blocks| beside.map(|left| (left, count.div_ceil(blocks))));
        let ways = several.chain(narrow.then_some((1, 2)));
        let way = ways.into_iter().find(|way| room(*way) >= least).unwrap_or((beside[0], 1));
        let ((left, per), room) = (way, room(way));
        let mut y = 0;
        for first in (0..count).step_by(per) {
            let mut x = left;
            let mut block = Vec::new();
            let columns = self.columns.iter().enumerate().skip(first);
            for ((number, column), values) in columns.zip(values(per)) {
                let lines: Vec<&Line> = references.iter().filter(|line| line.axis == column.metric).collect();
                let reach: Vec<f64> = column.reach.iter().copied().chain(lines.iter().map(|line| line.at)).collect();
                let ruler = Ruler::new(&reach, Scale::Linear, (x, x + room));
                block.push(Plot { number, column, lines, ruler, right: x + room + values });
                x += room + values + between;
            }
            y = self.block(canvas, &block, left, y + if first > 0 { 22 } else { 0 });
        }
        y
    }
}

/// Where a column stands.
struct Plot<'a> {
    number: usize,
    column: &'a Column,
    lines: Vec<&'a Line>,
    ruler: Ruler,
    /// Where it ends, values and all.
    right: i32,
}

impl Plot<'_> {
    /// From where its bars begin to where they may end.
    fn ends(&self) -> (i32, i32) {
        self.ruler.ends().1
    }

    /// Words that stand in the column, in lines.
    fn wrapped(&self, words: &str, is_bold: bool) -> Vec<String> {
        let room = self.right - self.ends().0;
        wrapped(words, if is_bold { room * 100 / 116 } else { room })
    }

    /// The names of its references, each in lines, and once if every edition has its own line.
    fn names(&self) -> Vec<(&str, Vec<String>)> {
        let mut names: Vec<&str> = Vec::new();
        for line in &self.lines {
            names.extend((!names.contains(&&*line.says)).then_some(&*line.says));
        }
        names.into_iter().map(|says| (says, self.wrapped(says, false))).collect()
    }

    /// Where bars begin, where its ticks are, and the first and the last of these in words, as its values are all told.
    fn foot(&self, canvas: &mut Canvas, (top, bottom): (i32, i32)) {
        let ticks = ticks(&self.ruler, &self.column.unit);
        for (number, (tick, words)) in ticks.iter().enumerate() {
            let x = self.ruler.place(*tick);
            canvas.line(&[(x, top), (x, bottom)], if number == 0 { Ink::Axis } else { Ink::Grid }, 1);
            match number {
                0 => canvas.text("0", (x.max(9), bottom + 12), Anchor::Middle, Ink::Muted),
                _ if number + 1 == ticks.len() => canvas.text(words, (x, bottom + 12), Anchor::Middle, Ink::Muted),
                _ => {}
            }
        }
    }
}

impl Columns {
    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }

    /// Columns beside each other, with the rows' labels on their left, from `y` on; where they end.
    fn block(&self, canvas: &mut Canvas, block: &[Plot<'_>], left: i32, y: i32) -> i32 {
        let heads: Vec<Vec<String>> = block.iter().map(|plot| plot.wrapped(&plot.column.head, true)).collect();
        let names: Vec<Vec<(&str, Vec<String>)>> = block.iter().map(Plot::names).collect();
        let high =
            |names: &Vec<(&str, Vec<String>)>| names.iter().map(|name| name.1.len()).sum::<usize>() as i32 * LINE;
        let under = heads.iter().map(Vec::len).max().unwrap_or(0) as i32 * LINE + y;
        let top = under + names.iter().map(high).max().unwrap_or(0) + 4;
        for (plot, (head, names)) in block.iter().zip(heads.iter().zip(&names)) {
            let (from, _) = plot.ends();
            for (line, y) in head.iter().rev().zip(0..) {
                canvas.bold(line, (from, under - 8 - LINE * y), Anchor::Start, Ink::Own);
            }
            let mut y = top - 4 - high(names) + 9;
            for (says, lines) in names {
                for words in lines {
                    for line in plot.lines.iter().filter(|line| line.says == **says) {
                        let (x, wide) = (plot.ruler.place(line.at), width(words));
                        let x = (x - wide / 2).clamp(from, (plot.right - wide).max(from));
                        line.draw(canvas, |canvas| canvas.text(words, (x, y), Anchor::Start, Ink::Reference));
                    }
                    y += LINE;
                }
            }
        }

        // Labels stand above the bars, or on their left.
        let is_above = left == 1;
        let (mut y, mut above, mut rows, mut ends) = (top, Vec::new(), Vec::new(), Vec::new());
        for group in &self.groups {
            if !group.head.is_empty() {
                above.push((&group.head, y + 14));
                y += 28;
            }
            for row in &group.rows {
                let lines = wrapped(&row.label, if is_above { canvas.width() } else { left - 12 });
                let text = lines.len() as i32 * LINE;
                let (room, high) = if is_above { (text, 22) } else { (0, text.max(22)) };
                rows.push((row, lines, y + 9, y + room + high / 2 + 2));
                y += room + high + 4;
                ends.push(y - 1);
            }
            y += 6;
        }
        let bottom = y;
        // From a label to its last value it is far.
        for y in ends.into_iter().filter(|_| !is_above) {
            canvas.line(&[(0, y), (canvas.width(), y)], Ink::Grid, 1);
        }
        for plot in block {
            plot.foot(canvas, (top, bottom));
            for line in &plot.lines {
                let x = plot.ruler.place(line.at);
                line.draw(canvas, |canvas| canvas.dashed(&[(x, top), (x, bottom)], Ink::Reference, 2));
            }
        }
        for (head, y) in above {
            rows::cleared(canvas, bold_width(head), (0, y));
            canvas.bold(head, (0, y), Anchor::Start, Ink::Own);
        }
        for (row, lines, above, middle) in rows {
            let (x, first, anchor) = match is_above {
                true => (0, above, Anchor::Start),
                false => (left - 12, middle - (lines.len() as i32 - 1) * LINE / 2, Anchor::End),
            };
            for (line, y) in lines.iter().zip((first..).step_by(LINE as usize)) {
                if is_above {
                    rows::cleared(canvas, width(line), (x, y));
                }
                canvas.text(line, (x, y), anchor, Ink::Own);
            }
            for plot in block {
                self.cell(canvas, row.cells[plot.number].as_ref(), plot, middle);
            }
        }
        bottom + 24
    }

    /// A bar and its value in every edition; a dash where there is none.
    fn cell(&self, canvas: &mut Canvas, mark: Option<&Mark>, plot: &Plot<'_>, y: i32) {
        let at = (plot.ends().1 + GAP, y);
        let Some(mark) = mark else { return canvas.text("–", at, Anchor::Start, Ink::Muted) };
        bar(canvas, mark, &plot.ruler, y);
        for edition in 0..canvas.editions {
            let has = |mark: &Mark| mark.per.get(edition).is_some_and(Option::is_some);
            if has(mark) {
                let role = mark.role.map_or("plain", Role::class);
                let attributes = html!("class=\"{}\" data-v=\"{}\"{}", role, mark.variant, canvas.of(edition));
                canvas.group(&attributes, |canvas| canvas.bold(&said(mark, edition), at, Anchor::Start, Ink::Own));
            } else if self.marks().into_iter().any(has) {
                // Where an edition has nothing at all, nothing is shown of it.
                canvas.edition(edition, |canvas| canvas.text("–", at, Anchor::Start, Ink::Muted));
            }
        }
    }
}

/// What a mark says in an edition, in few letters: a unit that every value has alike stands in the column's head.
fn said(mark: &Mark, edition: usize) -> String {
    let said = mark.said(edition).replace("\u{a0}times", "×").replace(" to ", "–");
    let bare = said.strip_suffix(&*mark.unit).filter(|_| !scaled(&mark.unit));
    bare.map_or_else(|| said.clone(), |bare| bare.trim_end_matches('\u{a0}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;
    use edition::lesson::Reference;
    use edition::{Project, example};

    /// Updates lost, and the time at another parameter.
    const COLUMNS: &str =
        "column = [{ metric = 'lost', head = 'both lose' }, { metric = 'time', parameter = '1', head = 'one step' }]\n";
    const ROWS: &str = "rows = [{ point = 'fast/2', label = 'a < b' }, 'slow/2']";

    fn gathered(project: &mut Project, rows: &str) -> Result<(Columns, Vec<Line>)> {
        let lesson = project.lessons.get_mut("example").unwrap();
        lesson.charts[1].fields = format!("{COLUMNS}{rows}").parse().unwrap();
        let line = |at, axis: &str| {
            let (axis, says) = (Some(axis.to_owned()), format!("a threshold of {axis}"));
            Reference { at: Some(at), point: None, axis, says }
        };
        lesson.charts[1].references = vec![line(300.0, "lost"), line(5.0, "time")];
        let asked = Asked { slug: "example", lesson, chart: &lesson.charts[1] };
        let editions: Vec<&Edition> = project.editions.iter().collect();
        Ok((Columns::gather(&asked, &editions)?, asked.references(&editions)?))
    }

    fn drawn(project: &mut Project, rows: &str, size: Size) -> String {
        let (columns, lines) = gathered(project, rows).unwrap();
        let editions = project.editions.len();
        let drawing = Canvas::draw(size, (editions, editions > 1), |canvas| columns.draw(canvas, &lines));
        String::from(drawing.svg(&html!(""))).replace('\u{a0}', " ")
    }

    fn without(project: &mut Project, edition: usize, names: &[&str]) {
        let points = &mut project.editions[edition].recordings.get_mut("example").unwrap().points;
        points.retain(|point| !names.contains(&&*point.name()));
    }

    #[test]
    fn each_column_has_its_scale_its_unit_and_its_lines() {
        let mut project = example::project(&["reference"]);
        for size in [Size::Wide, Size::Narrow] {
            let svg = drawn(&mut project, ROWS, size);
            for words in [">both lose, in", ">one step<", ">500–700<", ">1.1 ns<", ">10 ns<", ">a &lt; b<"] {
                assert!(svg.contains(words), "{words}: {svg}");
            }
            let (marks, lines) = (svg.matches("class=\"m plain\"").count(), svg.matches("\"s r d\"").count());
            assert_eq!((marks, lines), (4, 2), "{svg}");
            // Rows stay in the order in which they are written.
            assert!(svg.find("a &lt; b").unwrap() < svg.find("slow way").unwrap(), "{svg}");
        }
        let (columns, _) = gathered(&mut project, ROWS).unwrap();
        let listed: Vec<&str> = columns.marks().into_iter().map(|mark| &mark.label[..]).collect();
        assert_eq!(listed, ["a < b: both lose", "a < b: one step", "slow way: both lose", "slow way: one step"]);
    }

    #[test]
    fn what_a_row_lacks_is_a_dash_and_a_row_without_anything_is_told() {
        let mut project = example::project(&["reference", "other"]);
        without(&mut project, 0, &["lost/fast/2"]);
        let svg = drawn(&mut project, ROWS, Size::Wide);
        assert!(svg.contains("<g data-e=\"0\"><text class=\"u\"") && svg.matches(">–<").count() == 1, "{svg}");
        without(&mut project, 1, &["lost/fast/2"]);
        let svg = drawn(&mut project, ROWS, Size::Wide);
        assert!(svg.contains(">–<") && !svg.contains("<g data-e=\"0\"><text class=\"u\""), "{svg}");
        without(&mut project, 0, &["time/fast/1"]);
        let error = format!("{:#}", gathered(&mut project, ROWS).err().unwrap());
        assert!(error.contains("no measured value \"lost/fast/2\""), "{error}");
        // Unless not every machine has it.
        let group = "group = [{ head = 'one', rows = ['slow/2'], where_there = ['fast/2'] }]";
        assert_eq!(gathered(&mut project, group).unwrap().0.rows().count(), 2);
        without(&mut project, 1, &["time/fast/1"]);
        assert_eq!(gathered(&mut project, group).unwrap().0.rows().count(), 1);
        (0..2).for_each(|edition| without(&mut project, edition, &["time/slow/1"]));
        let error = gathered(&mut project, group).err().unwrap();
        assert!(NotRecorded::is_in(&error) && error.to_string().contains("has \"time\""), "{error:#}");
    }

    #[test]
    fn a_head_says_the_version_of_its_first_row_and_a_row_that_of_another() {
        let group = "group = [{ head = 'CPython', rows = ['fast/2', { point = 'slow/2', label = 'without a lock' }] }]";
        let labels = |project: &mut Project| {
            let Columns { groups, .. } = gathered(project, group).unwrap().0;
            let Group { head, rows } = groups.into_iter().next().unwrap();
            let labels = rows.into_iter().map(|Row { label, cells }| [label, cells[0].as_ref().unwrap().label.clone()]);
            [vec![head], labels.flatten().collect()].concat().join(" | ").replace('\u{a0}', " ")
        };
        let on = |project: &mut Project, edition: usize, version: &str| {
            let points = &mut project.editions[edition].recordings.get_mut("example").unwrap().points;
            for point in points {
                let lock = if point.variant == "slow" { " without a lock" } else { "" };
                point.interpreter = Some(format!("CPython {version}{lock}"));
            }
        };
        let mut project = example::project(&["reference", "other"]);
        let plain =
            "CPython | fast way | CPython: fast way: both lose | without a lock | CPython: without a lock: both lose";
        assert_eq!(labels(&mut project), plain);
        on(&mut project, 0, "3.15.2");
        assert_eq!(labels(&mut project), plain);
        on(&mut project, 1, "3.15.1");
        let said = "CPython 3.15 | fast way | CPython 3.15: fast way: both lose | without a lock (3.15t) | CPython 3.15t: without a lock: both lose";
        assert_eq!(labels(&mut project), said);
        on(&mut project, 1, "3.14.1");
        assert_eq!(labels(&mut project), plain);
    }
}
