//! Rows whose marks belong together: a pair, or a range from the typical to the worst.

use anyhow::{Context, Result};
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson};
use serde::Deserialize;

use crate::axes::{Scale, subtitle};
use crate::kind::Asked;
use crate::points::{self, Gathering, Mark, Measure, Written};
use crate::rows::{self, Axis, Group, Row};

/// More strands than this in a row can't be told apart.
const MOST: usize = 3;

/// For each end, which of its row's marks stands there, if one does.
pub type Strand = Vec<Option<usize>>;

/// Rows of a kind below a head.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headed<T> {
    /// The head.
    pub head: String,
    /// The rows.
    #[serde(rename = "row")]
    pub rows: Vec<T>,
}

/// What lesson.toml says of such rows.
pub struct Spec {
    /// Which metric they show. Without it, each of the points names its own, in front.
    pub metric: Option<String>,
    /// What the marks of a strand are, in order.
    pub ends: Vec<String>,
    /// How the value axis runs.
    pub scale: Scale,
    rows: Vec<RowSpec>,
    heads: Vec<String>,
}

struct RowSpec {
    field: String,
    /// The field that has its points.
    points: String,
    /// The number of the group that it stands in.
    group: Option<usize>,
    label: String,
    /// The points of each strand; an empty one isn't there.
    strands: Vec<Vec<String>>,
}

impl Spec {
    /// What is written of rows with or without heads; `parts` tells a row's label and the points of each of its strands, which
    /// stand in its field `points`.
    pub fn new<T>(
        (metric, ends, scale): (Option<String>, Vec<String>, Scale),
        (rows, groups): (Vec<T>, Vec<Headed<T>>),
        points: &str,
        parts: impl Fn(T) -> (String, Vec<Vec<String>>),
    ) -> Self {
        let row = |(group, field, row): (Option<usize>, String, T)| {
            let (label, strands) = parts(row);
            RowSpec { points: format!("{field}.{points}"), field, group, label, strands }
        };
        let mut all: Vec<_> = rows.into_iter().enumerate().map(|(at, row)| (None, format!("row.{at}"), row)).collect();
        let mut heads = Vec::new();
        for (number, group) in groups.into_iter().enumerate() {
            heads.push(group.head);
            let named = |(at, row)| (Some(number), format!("group.{number}.row.{at}"), row);
            all.extend(group.rows.into_iter().enumerate().map(named));
        }
        Self { metric, ends, scale, rows: all.into_iter().map(row).collect(), heads }
    }

    /// Whether there is a row of this label.
    pub fn has(&self, label: &str) -> bool {
        self.rows.iter().any(|row| row.label == label)
    }

    /// Whether the rows can be drawn.
    ///
    /// # Errors
    /// A point is written otherwise or isn't known, a strand has more or fewer than there are ends, or there are more than can be
    /// taken in.
    pub fn check(&self, lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let within = |group| self.rows.iter().filter(|row| row.group == group).count();
        let groups: Vec<usize> = (0..self.heads.len()).map(|group| within(Some(group))).collect();
        rows::count(chart, within(None), &groups)?;
        for row in &self.rows {
            let fault = |what: String| Err(chart.fault(&format!("{}.label", row.field), what));
            if row.strands.is_empty() || row.strands.len() > MOST {
                return fault(format!("a row shows 1 to {MOST}; it has {}", row.strands.len()));
            }
            for strand in &row.strands {
                if strand.len() != self.ends.len() || strand.iter().all(String::is_empty) {
                    let ends = self.ends.join("\", \"");
                    return fault(format!("write a point for each of \"{ends}\", or \"\" where there is none"));
                }
                for point in strand.iter().filter(|point| !point.is_empty()) {
                    points::check(lesson, chart, (&row.points, point), self.metric.as_deref(), true)?;
                }
            }
        }
        Ok(())
    }

    /// Gathers the rows. Those without heads come in order of the highest value of their last ends.
    ///
    /// # Errors
    /// The first edition lacks a point, or they have several units.
    pub fn gather(self, asked: &Asked<'_>, editions: &[&Edition]) -> Result<Strands> {
        let mut gathering = Gathering::new(asked, editions);
        let mut rows = Vec::new();
        for row in self.rows {
            let (mut marks, mut strands) = (Vec::new(), Vec::new());
            let is_one = row.strands.len() == 1;
            for strand in row.strands {
                let mut places = Vec::new();
                for (point, end) in strand.iter().zip(&self.ends) {
                    if point.is_empty() {
                        places.push(None);
                        continue;
                    }
                    places.push(Some(marks.len()));
                    let mut mark = gathering.mark(&Written::Point(point.clone()), self.metric.as_deref())?;
                    // Of several strands the row's label doesn't tell which.
                    let listed = format!("{}: {end}", if is_one { &row.label } else { &mark.label });
                    mark.label = points::versioned(&listed, [&mark]);
                    marks.push(mark);
                }
                strands.push(places);
            }
            let mut made = Row::new(row.label, marks);
            if let Some(group) = row.group {
                made.headed(&self.heads[group]);
            }
            rows.push((row.group, made, strands));
        }
        let last = |(_, row, strands): &(Option<usize>, Row, Vec<Strand>)| {
            let ends = strands.iter().filter_map(|strand| strand.iter().flatten().last());
            let values = ends.filter_map(|end| Some(row.marks[*end].per.first()?.as_ref()?.value()));
            values.fold(f64::MIN, f64::max)
        };
        if self.heads.is_empty() {
            rows.sort_by(|a, b| last(b).total_cmp(&last(a)));
        }
        let unit =
            points::unit(asked, rows.iter().flat_map(|(_, row, _)| &row.marks)).context(asked.chart.kind.clone())?;
        let heads = if self.heads.is_empty() { vec![String::new()] } else { self.heads };
        let mut groups: Vec<Group> = heads.into_iter().map(|head| Group { head, rows: Vec::new() }).collect();
        let mut strands = Vec::new();
        for (group, row, of_row) in rows {
            groups[group.unwrap_or(0)].rows.push(row);
            strands.push(of_row);
        }
        for Group { head, rows } in &mut groups {
            *head = points::headed(head, rows.iter_mut().map(Row::parts).collect());
        }
        Ok(Strands::new((groups, strands), self.ends, (unit, self.scale)))
    }
}

/// Such rows, with what they share whatever they look like.
pub struct Strands {
    /// The rows, with all of their marks.
    pub groups: Vec<Group>,
    /// For each row, strand by strand, which of its marks stand at the ends.
    pub strands: Vec<Vec<Strand>>,
    /// What the ends are.
    pub ends: Vec<String>,
    unit: String,
    scale: Scale,
    reach: Vec<f64>,
}

impl Strands {
    fn new(
        (groups, strands): (Vec<Group>, Vec<Vec<Strand>>),
        ends: Vec<String>,
        (unit, scale): (String, Scale),
    ) -> Self {
        let reach = points::ends(rows::marks(&groups));
        Self { groups, strands, ends, unit, scale, reach }
    }

    /// All marks.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        rows::marks(&self.groups)
    }

    /// The rows, each with its strands.
    pub fn rows(&self) -> impl Iterator<Item = (&Row, &[Strand])> {
        self.groups.iter().flat_map(|group| &group.rows).zip(self.strands.iter().map(Vec::as_slice))
    }

    /// The number of one of the rows, and its strands.
    pub fn of(&self, row: &Row) -> (usize, &[Strand]) {
        let mut rows = self.rows().enumerate().filter(|(_, (known, _))| std::ptr::eq(*known, row));
        rows.next().map_or((0, &[]), |(number, (_, strands))| (number, strands))
    }

    /// The mark at the last end of a row's first strand, if there is one.
    pub fn last<'a>(&self, row: &'a Row) -> Option<&'a Mark> {
        self.of(row).1.first()?.last().copied()?.map(|mark| &row.marks[mark])
    }

    /// The axis of the values.
    pub fn axis(&self) -> Axis<'_> {
        Axis { unit: &self.unit, scale: self.scale, reach: &self.reach }
    }

    /// What stands below the title.
    pub fn subtitle(&self, shows: &str) -> String {
        subtitle(shows, &self.unit, self.scale)
    }

    /// What isn't drawn.
    pub fn left_out(&self, edition: usize) -> Vec<String> {
        points::left_out(self.marks(), self.scale, edition)
    }
}

/// What an edition measured of a mark that a strand may have.
pub fn measured(row: &Row, mark: Option<usize>, edition: usize) -> Option<(&Mark, &Measure)> {
    let mark = &row.marks[mark?];
    Some((mark, mark.per.get(edition)?.as_ref()?))
}

/// A row of each label, with such strands of values; what is negative isn't there.
#[cfg(test)]
pub fn example(rows: &[(&str, &[&[f64]])], ends: &[&str], scale: Scale) -> Strands {
    let (mut made, mut strands, mut next) = (Vec::new(), Vec::new(), 0);
    for (label, written) in rows {
        let (mut marks, mut of_row) = (Vec::new(), Vec::new());
        for strand in *written {
            let mut places = Vec::new();
            for value in *strand {
                places.push((*value >= 0.0).then_some(marks.len()));
                if *value >= 0.0 {
                    marks.push(Mark::example(next, "1", *value));
                    next += 1;
                }
            }
            of_row.push(places);
        }
        made.push(Row::new((*label).to_owned(), marks));
        strands.push(of_row);
    }
    let groups = vec![Group { head: String::new(), rows: made }];
    Strands::new((groups, strands), ends.iter().map(|&end| end.to_owned()).collect(), ("ns".to_owned(), scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_say_below_which_head_they_stand() {
        let project = edition::example::project(&["reference"]);
        let lesson = &project.lessons["example"];
        let asked = Asked { slug: "example", lesson, chart: &lesson.charts[1] };
        let about = (Some("lost".to_owned()), ["slowly", "fast"].map(str::to_owned).to_vec(), Scale::Linear);
        let heads = ["one", "two"].map(|head| Headed { head: head.to_owned(), rows: vec!["a row"] });
        let spec = Spec::new(about, (Vec::new(), heads.into()), "points", |label| {
            (label.to_owned(), vec![["slow/2", "fast/2"].map(str::to_owned).to_vec()])
        });
        let strands = spec.gather(&asked, &[&project.editions[0]]).unwrap();
        let listed: Vec<&str> = strands.marks().map(|mark| &mark.label[..]).collect();
        assert_eq!(listed, ["one: a row: slowly", "one: a row: fast", "two: a row: slowly", "two: a row: fast"]);
        assert!(strands.rows().all(|(row, _)| row.label == "a row"));
    }
}
