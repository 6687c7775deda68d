//! Stacks: a row for each whole, in parts that lie one after the other.

use anyhow::{Context, Result};
use edition::Edition;
use edition::estimate::{Estimate, Launch};
use edition::lesson::{Chart, Fault, Lesson, Role};
use serde::Deserialize;

use crate::axes::{Ruler, Scale, subtitle};
use crate::canvas::{Anchor, Canvas, Ink, bold_width, width, wrapped};
use crate::html;
use crate::kind::{Asked, Kind, Line};
use crate::points::{self, Gathering, Mark, Measure, Written};
use crate::rows;
use crate::strands::Headed;

/// How much of its row's colour each part has: as many as can be told apart. The first is full, the others are so light that
/// text can be read on them.
const TINTS: [f64; 5] = [1.0, 0.5, 0.32, 0.2, 0.12];

/// Half of a bar's height.
const HALF: i32 = 15;

/// The gap between parts.
const GAP: i32 = 2;

/// A line of text.
const LINE: i32 = 17;

/// What lesson.toml says of a stack.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// Which metric it shows. Without it, each of the points names its own, in front.
    metric: Option<String>,
    /// The names of the parts, in order.
    parts: Vec<String>,
    /// The wholes, in order.
    #[serde(default, rename = "row")]
    rows: Vec<RowFields>,
    /// Wholes under heads instead. Only those under one head are compared.
    #[serde(default, rename = "group")]
    groups: Vec<Headed<RowFields>>,
}

impl Fields {
    /// The wholes, each with the head of its group, if it has one, and the field that it is written in.
    fn all(self) -> Vec<(Option<String>, String, RowFields)> {
        let alone = self.rows.into_iter().enumerate().map(|(at, row)| (None, format!("row.{at}"), row));
        let under = self.groups.into_iter().enumerate().flat_map(|(number, Headed { head, rows })| {
            let of = move |(at, row)| (Some(head.clone()), format!("group.{number}.row.{at}"), row);
            rows.into_iter().enumerate().map(of)
        });
        alone.chain(under).collect()
    }
}

/// A whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowFields {
    /// What it is called.
    label: String,
    /// A point for each part; `""` stands for one that it doesn't have.
    points: Vec<String>,
    /// The point that is the whole; without it, it is the sum of the parts.
    total: Option<String>,
}

/// The stacks.
pub struct Stack {
    parts: Vec<String>,
    rows: Vec<Row>,
    unit: String,
}

/// A whole.
struct Row {
    /// The head above it.
    head: Option<String>,
    label: String,
    /// Those that it has.
    parts: Vec<Option<Mark>>,
    /// The point that is the whole, where one is.
    total: Option<Mark>,
    /// What the whole is in each edition.
    whole: Vec<Option<Measure>>,
}

impl Row {
    fn role(&self) -> Option<Role> {
        self.marks().next().and_then(|mark| mark.role)
    }

    fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.parts.iter().flatten().chain(&self.total)
    }

    /// Where each part begins and ends in an edition; nothing if one isn't measured.
    fn spans(&self, edition: usize) -> Option<Vec<(f64, f64)>> {
        let mut end = 0.0;
        let span = |mark: &Option<Mark>| {
            let begin = end;
            end += mark.as_ref().map_or(Some(0.0), |mark| Some(mark.per.get(edition)?.as_ref()?.value()))?;
            Some((begin, end))
        };
        self.parts.iter().map(span).collect()
    }

    /// How far it reaches in an edition: its parts, the whole and the launches of that.
    fn ends(&self, edition: usize) -> Vec<f64> {
        let parts = self.spans(edition).into_iter().flatten().map(|(_, end)| end);
        let whole = self.whole[edition].iter().flat_map(|whole| [whole.ticks(), &[whole.value()]].concat());
        parts.chain(whole).collect()
    }
}

impl Kind for Stack {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let fields: Fields = lesson.fields(chart)?;
        let (metric, parts) = (fields.metric.clone(), fields.parts.clone());
        if !(2..=TINTS.len()).contains(&parts.len()) {
            let what =
                format!("{} parts are too few or too many to tell apart; name 2 to {}", parts.len(), TINTS.len());
            return Err(chart.fault("parts", what));
        }
        let groups: Vec<usize> = fields.groups.iter().map(|group| group.rows.len()).collect();
        rows::count(chart, fields.rows.len(), &groups)?;
        for (_, field, RowFields { points, total, .. }) in &fields.all() {
            if points.len() != parts.len() {
                let what = format!("{} points for {} parts; name one for each", points.len(), parts.len());
                return Err(chart.fault(&format!("{field}.points"), what));
            }
            if points.iter().all(String::is_empty) {
                return Err(chart.fault(&format!("{field}.points"), "a whole has one part at least"));
            }
            let point =
                |field: String, written: &str| points::check(lesson, chart, (&field, written), metric.as_deref(), true);
            for (part, written) in points.iter().enumerate().filter(|(_, written)| !written.is_empty()) {
                point(format!("{field}.points.{part}"), written)?;
            }
            if let Some(total) = total {
                point(format!("{field}.total"), total)?;
            }
        }
        Ok(())
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let fields: Fields = asked.fields()?;
        let (metric, parts) = (fields.metric.clone(), fields.parts.clone());
        let mut gathering = Gathering::new(asked, editions);
        let mut mark = |written: String, label: String| {
            gathering.mark(&Written::Labelled { point: written, label }, metric.as_deref())
        };
        let (mut made, mut above) = (Vec::new(), None);
        for (head, _, RowFields { label, points, total }) in fields.all() {
            // Where they are listed, the head isn't there to tell one from another.
            let listed = head.iter().chain([&label]).cloned().collect::<Vec<_>>().join(": ");
            let marks = points
                .into_iter()
                .zip(&parts)
                .map(|(point, part)| (!point.is_empty()).then(|| mark(point, format!("{listed}: {part}"))).transpose());
            let marks = marks.collect::<Result<Vec<_>>>()?;
            let total = total.map(|point| mark(point, format!("{listed}: all of it"))).transpose()?;
            let whole = total.as_ref().map_or_else(|| sums(&marks, editions.len()), |total| total.per.clone());
            let first = head.clone().filter(|head| above.as_ref() != Some(head));
            above = head;
            made.push(Row { head: first, label, parts: marks, total, whole });
        }
        for group in made.chunk_by_mut(|_, below| below.head.is_none()) {
            let head = group[0].head.take();
            let parts = group
                .iter_mut()
                .map(|Row { label, parts, total, .. }| (label, parts.iter().flatten().chain(&*total).collect()));
            let said = points::headed(head.as_deref().unwrap_or_default(), parts.collect());
            group[0].head = head.map(|_| said);
        }
        let unit = points::unit(asked, made.iter().flat_map(Row::marks)).context("a stack")?;
        Ok(Self { parts, rows: made, unit })
    }

    fn subtitle(&self, shows: &str) -> String {
        subtitle(shows, &self.unit, Scale::Linear)
    }

    fn marks(&self) -> Vec<&Mark> {
        self.all().collect()
    }

    fn explained(&self) -> &'static str {
        ""
    }

    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let editions = 0..canvas.editions;
        let narrow = canvas.is_narrow();
        let totals = self.rows.iter().flat_map(|row| editions.clone().map(|edition| self.said(row, edition)));
        let widest = totals.map(|words| bold_width(&words)).max().unwrap_or(0);
        let longest = self.rows.iter().map(|row| width(&row.label)).max().unwrap_or(0);
        let left = if narrow { 1 } else { longest.min(250) + 14 };
        let right = canvas.width() - if narrow { 4 } else { widest + 14 };
        let reach: Vec<f64> = self.reach().chain(references.iter().map(|line| line.at)).collect();
        let ruler = Ruler::new(&reach, Scale::Linear, (left, right));
        let names: Option<Vec<_>> =
            if narrow { None } else { editions.clone().map(|edition| self.names(canvas, edition, &ruler)).collect() };
        let key = if names.is_none() { self.key(canvas) } else { 0 };
        let top = rows::heads(canvas, &ruler, references, key);
        let across: Vec<i32> = references.iter().map(|line| ruler.place(line.at)).collect();
        let mut y = top + 4;
        let mut middles = Vec::new();
        for (number, row) in self.rows.iter().enumerate() {
            match &row.head {
                Some(head) => {
                    y += if number > 0 { 16 } else { 0 };
                    canvas.bold(head, (0, y + 14), Anchor::Start, Ink::Own);
                    y += 28;
                }
                // Between two rows stands how they compare.
                None => y += if number > 0 { 26 } else { 0 },
            }
            let lines = wrapped(&row.label, if narrow { canvas.width() - widest - 16 } else { left - 14 });
            let text = lines.len() as i32 * LINE;
            let (first, middle) = match narrow {
                true => (y + 9, y + text + 4 + HALF),
                false => {
                    let middle = y + (text / 2).max(HALF);
                    (middle - (lines.len() as i32 - 1) * LINE / 2, middle)
                }
            };
            for (line, y) in lines.iter().zip((first..).step_by(LINE as usize)) {
                let (x, anchor) = if narrow { (0, Anchor::Start) } else { (left - 14, Anchor::End) };
                canvas.text(line, (x, y), anchor, Ink::Own);
            }
            for edition in editions.clone() {
                self.bar(canvas, row, edition, (&ruler, &across), middle);
                let words = self.said(row, edition);
                let ends = row.ends(edition).into_iter().map(|end| ruler.place(end));
                let end = ends.max().unwrap_or(left);
                let (at, anchor) = match (narrow, across.is_empty()) {
                    (true, _) => ((canvas.width(), y + 9), Anchor::End),
                    (false, true) => ((end + 10, middle), Anchor::Start),
                    // Where no line goes through it.
                    (false, false) => ((canvas.width(), middle), Anchor::End),
                };
                if row.spans(edition).is_some() && !words.is_empty() {
                    said(canvas, row, edition, |canvas| canvas.bold(&words, at, anchor, Ink::Own));
                }
            }
            middles.push(middle);
            y = middle + HALF;
        }
        for (rows, y) in self.rows.windows(2).zip(&middles).filter(|(rows, _)| rows[1].head.is_none()) {
            for edition in editions.clone() {
                compare(canvas, [&rows[0], &rows[1]], edition, &ruler, y + HALF);
            }
        }
        let bottom = y + 4;
        for (line, x) in references.iter().zip(across) {
            // On a telephone labels stand between the bars.
            let spans = if narrow {
                middles.iter().map(|y| (y - HALF - 3, y + HALF + 3)).collect()
            } else {
                vec![(top, bottom)]
            };
            line.draw(canvas, |canvas| {
                spans.into_iter().for_each(|(from, to)| canvas.dashed(&[(x, from), (x, to)], Ink::Reference, 2));
            });
        }
        canvas.along(&ruler, 'x', (top, bottom));
        let Some(names) = names else { return bottom + 2 };
        let lines = names.iter().flatten().map(|name| name.line + 1).max().unwrap_or(0);
        for (edition, names) in names.iter().enumerate().filter(|(_, names)| !names.is_empty()) {
            canvas.edition(edition, |canvas| {
                for Name { middle, line, .. } in names {
                    canvas.line(&[(*middle, y + 2), (*middle, y + 7 + LINE * line)], Ink::Axis, 1);
                }
                for Name { part, left, line, .. } in names {
                    canvas.text(part, (*left, y + 16 + LINE * line), Anchor::Start, Ink::Muted);
                }
            });
        }
        bottom + 7 + LINE * lines
    }

    /// A whole that isn't the sum of its parts.
    fn faults(&self) -> Vec<String> {
        let fault = |row: &Row| {
            let whole = row.whole.first()?.as_ref()?.value();
            let sum = row.spans(0)?.last()?.1;
            let is_far = (sum - whole).abs() > 0.1 * whole.abs();
            is_far.then(|| format!("the parts of {:?} make {:.0} % of its total", row.label, 100.0 * sum / whole))
        };
        self.rows.iter().filter_map(fault).collect()
    }
}

impl Stack {
    fn all(&self) -> impl Iterator<Item = &Mark> {
        self.rows.iter().flat_map(Row::marks)
    }

    /// The ends of all parts and wholes.
    fn reach(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().flat_map(|row| (0..row.whole.len()).flat_map(|edition| row.ends(edition)))
    }

    /// What a whole is in an edition.
    fn said(&self, row: &Row, edition: usize) -> String {
        row.whole[edition].as_ref().map_or_else(String::new, |whole| whole.estimate.said(&self.unit))
    }

    /// A row's parts in an edition, with their values where there is room, and the launches of the whole at its end. Where there are
    /// several editions the outline is for those that aren't looked at.
    fn bar(&self, canvas: &mut Canvas, row: &Row, edition: usize, (ruler, lines): (&Ruler, &[i32]), y: i32) {
        let Some(spans) = row.spans(edition) else { return };
        let places = spans.iter().map(|(from, to)| (ruler.place(*from), ruler.place(*to)));
        let places: Vec<(i32, i32)> = places.collect();
        let last = row.parts.iter().rposition(Option::is_some).unwrap_or(0);
        let parts = || row.parts.iter().zip(&places).enumerate();
        for (number, mark, (from, to)) in parts().filter_map(|(number, (mark, at))| Some((number, mark.as_ref()?, *at)))
        {
            let to = if number < last { (to - GAP).max(from + 1) } else { to.max(from + 1) };
            let corners = [(from, y - HALF), (to, y + HALF)];
            canvas.mark(mark, edition, |canvas| match TINTS[number] {
                1.0 => canvas.rect(corners, Ink::Own),
                share => canvas.tint(corners, Ink::Own, share),
            });
        }
        let whole = self.said(row, edition);
        let ticks = row.whole[edition].iter().flat_map(|whole| whole.ticks()).map(|tick| ruler.place(*tick)).min();
        let ticks = ticks.unwrap_or(i32::MAX);
        canvas.edition(edition, |canvas| {
            for (number, mark, (from, to)) in
                parts().filter_map(|(number, (mark, at))| Some((number, mark.as_ref()?, at)))
            {
                let full = mark.said(edition);
                // The unit is that of the whole, which stands beside.
                let bare = match (full.split_once('\u{a0}'), whole.split_once('\u{a0}')) {
                    (Some((number, unit)), Some((_, same))) if unit == same => number,
                    _ => &full,
                };
                let has_room = |words: &&str| {
                    let end = from + 6 + GAP + width(words);
                    end <= ticks.min(*to) && lines.iter().all(|x| !(*from..=end).contains(x))
                };
                let Some(words) = [&full[..], bare].into_iter().find(has_room) else { continue };
                let ink = if TINTS[number] == 1.0 { Ink::Ground } else { Ink::Own };
                canvas.text(words, (from + 5, y), Anchor::Start, ink);
            }
        });
        let (from, to) = (ruler.place(0.0), places[last].1);
        let around = [(from, y - HALF), (to, y - HALF), (to, y + HALF), (from, y + HALF), (from, y - HALF)];
        let role = row.role();
        if canvas.of(edition).is_empty() {
            if role == Some(Role::Computed) {
                said(canvas, row, edition, |canvas| canvas.dashed(&around, Ink::Own, 2));
            }
        } else {
            let class = role.map_or("plain", Role::class);
            let outline = html!("class=\"outline {}\"{}", class, canvas.of(edition));
            canvas.group(&outline, |canvas| canvas.line(&around, Ink::Own, 1));
        }
        if let Some(whole) = &row.whole[edition] {
            let ticks = |canvas: &mut Canvas| rows::launches(canvas, whole, ruler, y, HALF + 3);
            match &row.total {
                Some(mark) => canvas.mark(mark, edition, ticks),
                None => canvas.edition(edition, ticks),
            }
        }
    }

    /// What each tint is, in lines at the top; where the next thing begins.
    fn key(&self, canvas: &mut Canvas) -> i32 {
        let (mut x, mut y) = (0, 9);
        for (part, share) in self.parts.iter().zip(TINTS) {
            let wide = width(part) + 20;
            if x > 0 && x + wide > canvas.width() {
                (x, y) = (0, y + 20);
            }
            canvas.tint([(x, y - 6), (x + 14, y + 6)], Ink::Own, share);
            canvas.text(part, (x + 20, y), Anchor::Start, Ink::Muted);
            x += wide + 14;
        }
        y + 16
    }

    /// Where the parts' names stand below those of the last row in an edition, in lines where they would meet; nothing if there is no
    /// room for them, or it lacks one.
    fn names(&self, canvas: &Canvas, edition: usize, ruler: &Ruler) -> Option<Vec<Name<'_>>> {
        let mut names: Vec<Name<'_>> = Vec::new();
        let last = self.rows.last().filter(|row| row.parts.iter().all(Option::is_some));
        let spans = last?.spans(edition).unwrap_or_default();
        for (part, (from, to)) in self.parts.iter().zip(spans) {
            let (wide, middle) = (width(part), i32::midpoint(ruler.place(from), ruler.place(to)) - GAP / 2);
            let left = (middle - wide / 2).clamp(0, canvas.width() - wide);
            let at = |line| Name { part, left, right: left + wide, middle, line };
            names.push((0..3).map(at).find(|name| names.iter().all(|other| !name.meets(other)))?);
        }
        Some(names)
    }
}

/// The name of a part below it.
struct Name<'a> {
    part: &'a str,
    left: i32,
    right: i32,
    /// The middle of the part, from which a line goes down to it.
    middle: i32,
    /// The line of text that it stands in.
    line: i32,
}

impl Name<'_> {
    /// Whether two overlap, or the line down to one goes through the other.
    fn meets(&self, other: &Self) -> bool {
        let is_crossed =
            |name: &Self, by: &Self| name.line < by.line && (name.left - 3..=name.right + 3).contains(&by.middle);
        let is_over = self.line == other.line && self.left < other.right + 8 && other.left < self.right + 8;
        is_over || is_crossed(self, other) || is_crossed(other, self)
    }
}

/// What belongs to a row in an edition, and isn't one of its points.
fn said(canvas: &mut Canvas, row: &Row, edition: usize, content: impl FnOnce(&mut Canvas)) {
    let (role, variant) =
        (row.role().map_or("plain", Role::class), row.marks().next().map_or("", |mark| &mark.variant));
    canvas.edition(edition, |canvas| canvas.group(&html!("class=\"{}\" data-v=\"{}\"", role, variant), content));
}

/// Between two rows: how many times the lesser goes into the other, with a line where the lesser ends.
fn compare(canvas: &mut Canvas, rows: [&Row; 2], edition: usize, ruler: &Ruler, y: i32) {
    let [Some(above), Some(below)] = rows.map(|row| row.whole[edition].as_ref()) else { return };
    let (less, more) = if above.value() < below.value() { (above, below) } else { (below, above) };
    let launches = |measure: &Measure| measure.launches.iter().copied().map(Launch::exact).collect::<Vec<_>>();
    let Some(factor) = Estimate::ratio(&launches(more), &launches(less)) else { return };
    let words = factor.said("times").replace("\u{a0}times", "×");
    let x = ruler.place(less.value());
    let is_right = x + 10 + bold_width(&words) < canvas.width();
    let (at, anchor) = if is_right { (x + 8, Anchor::Start) } else { (x - 8, Anchor::End) };
    canvas.edition(edition, |canvas| {
        canvas.dashed(&[(x, y + 2), (x, y + 24)], Ink::Axis, 1);
        canvas.bold(&words, (at, y + 13), anchor, Ink::Own);
    });
}

/// The sums of those of these points that there are in each edition, launch by launch where all have as many.
fn sums(marks: &[Option<Mark>], editions: usize) -> Vec<Option<Measure>> {
    let sum = |edition: usize| {
        let all: Option<Vec<&Measure>> = marks.iter().flatten().map(|mark| mark.per.get(edition)?.as_ref()).collect();
        let all = all?;
        let count = all.iter().map(|measure| measure.launches.len()).min()?;
        let disturbed = all.iter().map(|measure| measure.disturbed).max()?;
        let of = |launch: usize| all.iter().map(|measure| measure.launches[launch]).sum::<f64>();
        let launches: Vec<f64> = (0..count).map(of).collect();
        let exact: Vec<Launch> = launches.iter().copied().map(Launch::exact).collect();
        Some(Measure { estimate: Estimate::of(&exact)?, launches, samples: Vec::new(), disturbed, interpreter: None })
    };
    (0..editions).map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;

    fn row(label: &str, first: usize, values: &[f64]) -> Row {
        let part = |(number, value): (usize, &f64)| Mark::example(first + number, "1", *value);
        let parts: Vec<Option<Mark>> = values.iter().enumerate().map(part).map(Some).collect();
        let whole = sums(&parts, 1);
        Row { head: None, label: label.to_owned(), parts, total: None, whole }
    }

    fn again(row: &Row) -> Row {
        let Row { head, label, parts, total, whole } = row;
        let (head, label, total) = (head.clone(), label.clone(), total.clone());
        Row { head, label, parts: parts.clone(), total, whole: whole.clone() }
    }

    fn drawn(rows: Vec<Row>, size: Size) -> String {
        let parts = ["pages", "tables", "objects"].map(str::to_owned).to_vec();
        let stack = Stack { parts, rows, unit: "ns".to_owned() };
        String::from(Canvas::draw(size, (1, false), |canvas| stack.draw(canvas, &[])).svg(&html!("")))
    }

    #[test]
    fn parts_lie_one_after_the_other_and_two_wholes_are_compared() {
        let rows = || vec![row("a < b", 0, &[10.0, 10.0, 5.0]), row("c", 3, &[50.0, 25.0, 25.0])];
        let svg = drawn(rows(), Size::Wide);
        for part in
            ["data-c=\"0.0\"", "data-c=\"5.0\"", ">4.00×<", ">a &lt; b<", ">pages<", ">tables<", ">90 to 110\u{a0}ns<"]
        {
            assert!(svg.contains(part), "{part}: {svg}");
        }
        assert!(svg.contains("data-axis"), "{svg}");
        assert_eq!((svg.matches(">pages<").count(), svg.matches("class=\"m thread\"").count()), (1, 6), "{svg}");
        let narrow = drawn(rows(), Size::Narrow);
        assert!(narrow.contains(">4.00×<") && narrow.matches(">pages<").count() == 1, "{narrow}");
    }

    #[test]
    fn a_sum_has_its_own_interval_and_none_without_a_part() {
        let mut one = row("a", 0, &[10.0, 30.0]);
        let whole = one.whole[0].as_ref().unwrap();
        assert_eq!((whole.launches.clone(), whole.estimate.value), (vec![36.0, 40.0, 44.0], 40.0));
        one.parts[1].as_mut().unwrap().per = vec![None];
        assert!(sums(&one.parts, 1)[0].is_none() && one.spans(0).is_none());
        assert!(!drawn(vec![one], Size::Wide).contains("class=\"m"));
    }

    #[test]
    fn a_whole_may_lack_a_part_and_is_compared_under_its_head_alone() {
        let mut lacks = row("b", 3, &[50.0, 25.0, 25.0]);
        lacks.parts[1] = None;
        lacks.whole = sums(&lacks.parts, 1);
        assert_eq!(lacks.spans(0).unwrap(), [(0.0, 50.0), (50.0, 50.0), (50.0, 75.0)]);
        let rows = |head: Option<&str>| {
            let under = Row { head: head.map(str::to_owned), ..row("c", 6, &[75.0, 0.0, 0.0]) };
            vec![Row { head: Some("one".to_owned()), ..again(&lacks) }, under]
        };
        let (one, two) = (drawn(rows(None), Size::Wide), drawn(rows(Some("two")), Size::Wide));
        assert!(one.contains(">one<") && one.contains(">1.00×<") && !one.contains("data-c=\"4.0\""), "{one}");
        assert!(two.contains(">two<") && !two.contains(">1.00×<"), "{two}");
        // In the last row there is no tables to name.
        let last = drawn(vec![lacks], Size::Wide);
        assert_eq!(last.matches(">tables<").count(), 1, "{last}");
    }

    #[test]
    fn parts_are_listed_with_the_head_that_stands_above_their_whole() {
        let project = edition::example::project(&["reference"]);
        let lesson = &project.lessons["example"];
        let mut chart = lesson.charts[1].clone();
        let row = |point: &str| format!("[[group.row]]\nlabel = 'all'\npoints = ['', '{point}']\n");
        let fields = format!(
            "metric = 'lost'\nparts = ['a', 'b']\n[[group]]\nhead = 'one'\n{0}{0}[[group]]\nhead = 'two'\n{1}",
            row("slow/2"),
            row("fast/2")
        );
        chart.fields = fields.parse().unwrap();
        let asked = Asked { slug: "example", lesson, chart: &chart };
        let stack = Stack::gather(&asked, &[&project.editions[0]]).unwrap();
        let listed: Vec<&str> = stack.all().map(|mark| &mark.label[..]).collect();
        assert_eq!(listed, ["one: all: b", "one: all: b", "two: all: b"]);
        let heads: Vec<Option<&str>> = stack.rows.iter().map(|row| row.head.as_deref()).collect();
        assert_eq!(heads, [Some("one"), None, Some("two")]);
    }

    #[test]
    fn a_whole_that_is_not_the_sum_of_its_parts_is_a_fault() {
        let whole = |value: f64| {
            let row = Row { whole: Mark::example(9, "1", value).per, ..row("a", 0, &[10.0, 20.0]) };
            Stack { parts: Vec::new(), rows: vec![row], unit: "ns".to_owned() }.faults()
        };
        assert_eq!(whole(31.0), [] as [String; 0]);
        assert_eq!(whole(60.0), ["the parts of \"a\" make 50 % of its total"]);
    }
}
