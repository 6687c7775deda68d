//! A chart as a figure of a page, and as a file that stands alone.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use base::files;
use base::quantity::Quantity;
use edition::lesson::{Chart, Kind, Lesson, Scale};
use edition::{Edition, LOCAL, Point, Project, Recording};

use crate::drawing::{self, Axis, DARK, Dot, LIGHT, Palette, Series};
use crate::gantt::Gantt;
use crate::svg::{data_uri, escape};

/// What a chart shows of an edition.
enum Data<'a> {
    Points(Points<'a>),
    Gantt(Gantt<'a>),
}

/// The chart's points in an edition: a row for each variant, or for each point of a dots chart.
struct Points<'a> {
    rows: Vec<Row<'a>>,
    unit: &'a str,
}

/// A row of a chart: the words that tell it from the others, a number for its colour, and its points.
struct Row<'a> {
    label: String,
    number: usize,
    computed: bool,
    points: Vec<&'a Point>,
}

/// The chart as `<figure>`s of a page, one for each of the `editions` that has its data, all on one scale: the drawing in
/// the page's colours, the machine, the data as a table and a CSV.
///
/// # Errors
/// The first of the editions lacks a point that the chart shows. That others do is no fault of the page's.
pub fn html(slug: &str, lesson: &Lesson, chart: &Chart, editions: &[Edition]) -> Result<String> {
    let mut all = Vec::new();
    for (number, edition) in editions.iter().enumerate() {
        match Data::gather(slug, lesson, chart, edition) {
            Ok(data) => all.push((edition, data)),
            Err(error) if number == 0 => return Err(error),
            Err(_) => {}
        }
    }
    let reach: Vec<f64> = all.iter().flat_map(|(_, data)| data.ends()).collect();
    let figures: Vec<String> = all.iter().map(|(edition, data)| data.figure(slug, chart, edition, &reach)).collect();
    Ok(figures.join("\n"))
}

/// Writes every chart of every edition into `folder`, as SVG files that stand alone: light and dark, with title, machine
/// and date. Returns the files, and for each chart that an edition has no data for, a line.
///
/// # Errors
/// A file can't be written.
pub fn export(project: &Project, folder: &Path) -> Result<(Vec<PathBuf>, Vec<String>)> {
    let (mut files, mut left_out) = (Vec::new(), Vec::new());
    for edition in &project.editions {
        for (slug, lesson) in project.lessons.iter().filter(|(slug, _)| edition.recordings.contains_key(*slug)) {
            for chart in &lesson.charts {
                if let Err(error) = Data::gather(slug, lesson, chart, edition) {
                    left_out.push(format!("no chart {:?}: {error:#}", chart.id));
                    continue;
                }
                for palette in [LIGHT, DARK] {
                    let path = folder.join(format!("{slug}-{}-{}-{}.svg", chart.id, edition.name, palette.name));
                    files::write_atomically(&path, standalone(slug, lesson, chart, edition, &palette)?.as_bytes())?;
                    files.push(path);
                }
            }
        }
    }
    Ok((files, left_out))
}

/// The chart as an SVG file that stands alone.
///
/// # Errors
/// The edition lacks a point that the chart shows.
pub fn standalone(slug: &str, lesson: &Lesson, chart: &Chart, edition: &Edition, palette: &Palette) -> Result<String> {
    /// What a line of the title takes.
    const LINE: i32 = 38;
    let data = Data::gather(slug, lesson, chart, edition)?;
    let drawing = drawing::paint(&data.draw(chart, &[]), Some(palette));
    let (width, body) = (drawing::WIDTH, drawing::height(&drawing));
    // In bold of this size, so many letters are sure to fit.
    let title = wrapped(&chart.title, 42);
    let head = 42 + LINE * title.len() as i32;
    let about = wrapped(&data.about(slug, chart, edition), 76);
    let height = head + body + 30 * about.len() as i32 + 24;
    let colour = palette.text();
    let mut lines = String::new();
    for (number, line) in title.iter().enumerate() {
        let y = 46 + LINE * number as i32;
        let text = escape(line);
        let _ = write!(lines, "<text x=\"4\" y=\"{y}\" font-size=\"32\" font-weight=\"bold\">{text}</text>");
    }
    for (number, line) in about.iter().enumerate() {
        let y = head + body + 30 * (number as i32 + 1);
        let _ = write!(lines, "<text x=\"4\" y=\"{y}\" font-size=\"20\">{}</text>", escape(line));
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"-20 0 {outer} {height}\" \
         role=\"img\" aria-label=\"{words}\">\n<rect x=\"-20\" width=\"{outer}\" height=\"{height}\" fill=\"{ground}\"/>\n\
         <g font-family=\"sans-serif\" fill=\"{colour}\">{lines}</g>\n\
         {drawing}\n</svg>\n",
        words = escape(&data.in_words(chart)),
        outer = width + 40,
        ground = palette.background,
        drawing = drawing.replacen("<svg ", &format!("<svg y=\"{head}\" width=\"{width}\" height=\"{body}\" "), 1),
    ))
}

/// The machine, the date and the commit of a recording, in words.
pub fn about(edition: &Edition, recording: &Recording) -> String {
    recorded(edition, &recording.provenance.date, &recording.provenance.commit)
}

/// The machine, the date and the commit of what was measured in an edition, in words.
pub fn recorded(edition: &Edition, date: &str, commit: &str) -> String {
    let day = date.split('T').next().unwrap_or_default();
    let commit = match commit.get(..7) {
        Some(commit) => format!(", commit {commit}"),
        None => String::new(),
    };
    format!("Edition {}: {}; {day}{commit}.", edition.name, edition.machine_in_words())
}

impl<'a> Data<'a> {
    fn gather(slug: &str, lesson: &'a Lesson, chart: &'a Chart, edition: &'a Edition) -> Result<Self> {
        if chart.kind != Kind::Gantt {
            return Points::gather(slug, lesson, chart, edition).map(Self::Points);
        }
        let option = if edition.name == LOCAL { String::new() } else { format!(" --edition {}", edition.name) };
        let timeline = edition.timelines.get(slug).with_context(|| {
            format!("{slug} has no timeline in the edition {}; run `cargo record {slug}{option}`", edition.name)
        })?;
        Gantt::of(lesson, chart, timeline).with_context(|| format!("{slug}, edition {}", edition.name)).map(Self::Gantt)
    }

    /// The values that the axis must reach.
    fn ends(&self) -> Vec<f64> {
        match self {
            Self::Points(points) => points.ends(),
            Self::Gantt(gantt) => vec![gantt.end()],
        }
    }

    fn draw(&self, chart: &Chart, reach: &[f64]) -> String {
        match self {
            Self::Points(points) => points.draw(chart, reach),
            Self::Gantt(gantt) => gantt.draw(Axis { label: &chart.axis, unit: "ns", scale: Scale::Linear, reach }),
        }
    }

    /// Where it was recorded, when, and how much of it is shown.
    fn about(&self, slug: &str, chart: &Chart, edition: &Edition) -> String {
        match self {
            Self::Points(points) => about(edition, &edition.recordings[slug]) + &points.left_out(chart),
            Self::Gantt(gantt) => {
                let recorded = recorded(edition, &gantt.origin.date, &gantt.origin.commit);
                format!("{recorded} One run.{}", gantt.left_out())
            }
        }
    }

    /// What to keep in mind.
    fn marks(&self, slug: &str, edition: &Edition) -> Vec<String> {
        match self {
            Self::Points(_) => edition.recordings[slug].marks(),
            Self::Gantt(_) => Vec::new(),
        }
    }

    /// The chart for those who don't see it.
    fn in_words(&self, chart: &Chart) -> String {
        match self {
            Self::Points(points) => points.in_words(chart),
            Self::Gantt(gantt) => gantt.in_words(chart),
        }
    }

    fn table(&self, chart: &Chart) -> String {
        match self {
            Self::Points(points) => points.table(chart),
            Self::Gantt(gantt) => gantt.table(chart),
        }
    }

    fn csv(&self) -> String {
        match self {
            Self::Points(points) => points.csv(),
            Self::Gantt(gantt) => gantt.csv(),
        }
    }

    fn figure(&self, slug: &str, chart: &Chart, edition: &Edition, reach: &[f64]) -> String {
        let named = format!("<svg role=\"img\" aria-label=\"{}\" ", escape(&self.in_words(chart)));
        let marks = self
            .marks(slug, edition)
            .iter()
            .map(|mark| format!(" <span class=\"mark\">{}</span>", escape(mark)))
            .collect::<String>();
        let file = format!("{slug}-{}-{}.csv", chart.id, edition.name);
        format!(
            "<figure class=\"chart\" data-edition=\"{name}\">\n{drawing}\n<figcaption><strong>{title}.</strong> {about}{marks}</figcaption>\n\
             <details class=\"data\"><summary>The data</summary>\n<div class=\"scroll\">{table}</div>\n\
             <p><a download=\"{file}\" href=\"{csv}\">{file}</a></p></details>\n</figure>",
            name = escape(&edition.name),
            drawing = drawing::paint(&self.draw(chart, reach), None).replacen("<svg ", &named, 1),
            title = escape(&chart.title),
            about = escape(&self.about(slug, chart, edition)),
            table = self.table(chart),
            csv = data_uri(&self.csv()),
        )
    }
}

impl<'a> Points<'a> {
    fn gather(slug: &str, lesson: &'a Lesson, chart: &'a Chart, edition: &'a Edition) -> Result<Self> {
        let mut rows = Vec::new();
        match chart.kind {
            Kind::Gantt => {}
            Kind::Dots => {
                for name in &chart.points {
                    let (metric, variant, parameter) = parts(chart, name)?;
                    rows.push(vec![edition.point(slug, &format!("{metric}/{variant}/{parameter}"))?]);
                }
            }
            Kind::Lines => {
                edition
                    .recordings
                    .get(slug)
                    .with_context(|| format!("{slug} has no data in the edition {}", edition.name))?;
                for series in &chart.series {
                    let (metric, variant, _) = parts(chart, series)?;
                    let of = |point: &&Point| point.metric == metric && point.variant == variant;
                    let mut points: Vec<&Point> = edition.recordings[slug].points.iter().filter(of).collect();
                    points.sort_by(|a, b| parameter(a).total_cmp(&parameter(b)));
                    ensure!(
                        !points.is_empty(),
                        "{slug} has no {metric} of {variant:?} in the edition {}",
                        edition.name
                    );
                    rows.push(points);
                }
            }
        }
        let rows = labelled(lesson, chart, rows);
        for point in rows.iter().flat_map(|row| &row.points).filter(|_| chart.kind == Kind::Lines) {
            let name = format!("{}/{}/{}", point.metric, point.variant, point.parameter);
            ensure!(point.parameter.parse().is_ok_and(f64::is_finite), "{slug}: {name} has no number to be drawn over");
        }
        let mut units = rows.iter().flat_map(|row| &row.points).map(|point| &point.unit[..]);
        let unit = units.next().unwrap_or("");
        if let Some(other) = units.find(|other| *other != unit) {
            bail!("{slug}: the chart {:?} has one axis, for {unit:?} or for {other:?}; draw two charts", chart.id);
        }
        Ok(Self { rows, unit })
    }

    /// What has no place on a logarithmic axis, as a sentence with a space before it; empty where all has.
    fn left_out(&self, chart: &Chart) -> String {
        let without = |point: &&&Point| chart.scale == Scale::Log && point.estimate().is_some_and(|e| e.value <= 0.0);
        let mut left_out = Vec::new();
        for Row { label, points, .. } in &self.rows {
            let at: Vec<&str> = points.iter().filter(without).map(|point| &point.parameter[..]).collect();
            match chart.kind {
                _ if at.is_empty() => {}
                Kind::Lines => left_out.push(format!("{label}, at {}", at.join(", "))),
                _ => left_out.push(label.clone()),
            }
        }
        match left_out.is_empty() {
            true => String::new(),
            false => format!(" 0 has no place on a logarithmic axis: {}.", left_out.join("; ")),
        }
    }

    /// The ends of all intervals.
    fn ends(&self) -> Vec<f64> {
        let points = self.rows.iter().flat_map(|row| &row.points);
        points.filter_map(|point| point.estimate()).flat_map(|estimate| [estimate.lower, estimate.upper]).collect()
    }

    fn draw(&self, chart: &Chart, reach: &[f64]) -> String {
        let axis = Axis { label: &chart.axis, unit: self.unit, scale: chart.scale, reach };
        match chart.kind {
            Kind::Lines => {
                let series = self.rows.iter().map(|row| Series {
                    label: row.label.clone(),
                    number: row.number,
                    computed: row.computed,
                    points: row.points.iter().filter_map(|point| Some((parameter(point), point.estimate()?))).collect(),
                });
                drawing::lines(&series.collect::<Vec<_>>(), &chart.over, axis)
            }
            Kind::Gantt => String::new(),
            Kind::Dots => {
                let dot = |row: &Row<'_>| {
                    let estimate = row.points.first()?.estimate()?;
                    Some(Dot { label: row.label.clone(), number: row.number, estimate })
                };
                drawing::dots(&self.rows.iter().filter_map(dot).collect::<Vec<_>>(), axis)
            }
        }
    }

    /// The chart for those who don't see it.
    fn in_words(&self, chart: &Chart) -> String {
        let mut words = format!("Chart: {}; {}.", chart.title, chart.axis);
        for Row { label, points, .. } in &self.rows {
            let values: Vec<String> = points
                .iter()
                .filter_map(|point| {
                    let value = Quantity { value: point.estimate()?.value, unit: &point.unit };
                    Some(if chart.kind == Kind::Lines {
                        format!("{value} at {}", point.parameter)
                    } else {
                        value.to_string()
                    })
                })
                .collect();
            let _ = write!(words, " {label}: {}.", values.join(", "));
        }
        words.replace('\u{a0}', " ")
    }

    fn table(&self, chart: &Chart) -> String {
        let cell = |point: &Point| {
            let estimate = point.estimate()?;
            let value = Quantity { value: estimate.value, unit: &point.unit };
            let wide = if estimate.is_wide() { " <span class=\"mark\">wide</span>" } else { "" };
            Some(format!("<td>{value} <small>({})</small>{wide}</td>", estimate.range(&point.unit)))
        };
        let mut parameters: Vec<&Point> = self.rows.iter().flat_map(|row| row.points.iter().copied()).collect();
        parameters.sort_by(|a, b| parameter(a).total_cmp(&parameter(b)));
        parameters.dedup_by(|a, b| a.parameter == b.parameter || chart.kind == Kind::Dots);
        let mut table = format!("<table><thead><tr><th>{}</th>", escape(&chart.axis));
        for point in &parameters {
            let head = if chart.kind == Kind::Lines {
                format!("{} {}", point.parameter, chart.over)
            } else {
                "value".to_owned()
            };
            let _ = write!(table, "<th>{}</th>", escape(&head));
        }
        table.push_str("</tr></thead><tbody>");
        for Row { label, points, .. } in &self.rows {
            let _ = write!(table, "<tr><th scope=\"row\">{}</th>", escape(label));
            for at in &parameters {
                let point = points.iter().find(|point| chart.kind == Kind::Dots || point.parameter == at.parameter);
                table.push_str(&point.and_then(|point| cell(point)).unwrap_or_else(|| "<td></td>".to_owned()));
            }
            table.push_str("</tr>");
        }
        table + "</tbody></table>"
    }

    fn csv(&self) -> String {
        let mut csv = String::from("metric,variant,parameter,unit,value,lower,upper,launches\n");
        for point in self.rows.iter().flat_map(|row| &row.points) {
            if let Some(e) = point.estimate() {
                let numbers = format!("{},{},{},{}", e.value, e.lower, e.upper, e.launches);
                let Point { metric, variant, parameter, unit, .. } = point;
                let _ = writeln!(csv, "{metric},{variant},{parameter},{unit},{numbers}");
            }
        }
        csv
    }
}

/// What one of a chart's series or points stands for; the lesson was read, so it is written as it should be.
fn parts<'a>(chart: &'a Chart, written: &'a str) -> Result<(&'a str, &'a str, &'a str)> {
    chart.parts(written).with_context(|| format!("{written:?} is no series or point of the chart {:?}", chart.id))
}

/// Gives each row the words that tell it from the others, and a number for its colour: that of its variant, so that a
/// variant has one colour in all charts, unless a variant has several rows.
fn labelled<'a>(lesson: &Lesson, chart: &Chart, rows: Vec<Vec<&'a Point>>) -> Vec<Row<'a>> {
    let differ = |part: fn(&'a Point) -> &'a str| {
        let mut parts = rows.iter().filter_map(|points| points.first()).map(|point| part(point));
        let first = parts.next();
        parts.any(|other| Some(other) != first)
    };
    let metrics = differ(|point| &point.metric);
    let variants = differ(|point| &point.variant) || !metrics;
    let parameters = chart.kind == Kind::Dots && differ(|point| &point.parameter);
    let mut known = BTreeSet::new();
    let by_variant = rows.iter().filter_map(|points| points.first()).all(|point| known.insert(&point.variant));
    let words = |point: &Point| {
        let words = [
            variants.then(|| lesson.label(&point.variant)),
            metrics.then(|| lesson.metric_label(&point.metric)),
            parameters.then_some(&point.parameter[..]),
            lesson.is_computed(&point.variant).then_some("computed"),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    };
    let variant = |point: &Point| lesson.variants.iter().position(|known| known.name == point.variant);
    let rows = rows.into_iter().enumerate().filter_map(|(row, points)| {
        let first = points.first()?;
        let number = if metrics && !by_variant { row } else { variant(first).unwrap_or(0) };
        Some(Row { label: words(first), number, computed: lesson.is_computed(&first.variant), points })
    });
    rows.collect()
}

fn parameter(point: &Point) -> f64 {
    point.parameter.parse().unwrap_or(0.0)
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is a line from the beginning");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example::project;
    use edition::lesson::Named;

    #[test]
    fn a_figure_is_one_block_of_html_with_its_data() {
        let project = project(&["reference"]);
        let lesson = &project.lessons["example"];
        for chart in &lesson.charts {
            let html = html("example", lesson, chart, &project.editions).unwrap();
            assert!(!html.contains("\n\n"), "a blank line would end the block: {html}");
            assert!(html.len() < 12_000, "{} bytes", html.len());
            let names = if chart.kind == Kind::Gantt { ["worker 0", "waits for B"] } else { ["slow way", "fast way"] };
            for part in ["<figure", "role=\"img\"", "download=\"example-", "<table>", "2026-01-02", "0123456"]
                .iter()
                .chain(&names)
            {
                assert!(html.contains(part), "{part} is missing: {html}");
            }
        }
    }

    #[test]
    fn editions_are_drawn_on_one_scale() {
        let mut project = project(&["reference", "local"]);
        for point in &mut project.editions[1].recordings.get_mut("example").unwrap().points {
            point.launches.iter_mut().for_each(|launch| launch.median *= 10.0);
        }
        let lesson = &project.lessons["example"];
        let html = html("example", lesson, &lesson.charts[0], &project.editions).unwrap();
        let axes: Vec<Vec<&str>> = html
            .split("</figure>")
            .take(2)
            .map(|figure| {
                figure.split("text-anchor=\"end\"").skip(1).map(|tick| tick.split('<').next().unwrap()).collect()
            })
            .collect();
        assert!(axes[0].len() > 1 && axes[0] == axes[1], "{axes:?}");
    }

    #[test]
    fn what_has_no_place_on_a_logarithmic_axis_is_told() {
        let mut project = project(&["reference"]);
        let lesson = project.lessons.get_mut("example").unwrap();
        lesson.charts[1].scale = Scale::Log;
        for point in &mut project.editions[0].recordings.get_mut("example").unwrap().points[..1] {
            point.launches.iter_mut().for_each(|launch| (launch.lower, launch.median, launch.upper) = (0.0, 0.0, 0.0));
        }
        let lesson = &project.lessons["example"];
        let caption = |chart| html("example", lesson, &lesson.charts[chart], &project.editions).unwrap();
        assert!(caption(0).contains("0 has no place on a logarithmic axis: slow way, at 1."), "{}", caption(0));
        assert!(caption(1).contains("0 has no place on a logarithmic axis: fast way."), "{}", caption(1));
        let svg = standalone("example", lesson, &lesson.charts[1], &project.editions[0], &LIGHT).unwrap();
        assert!(svg.contains("logarithmic axis: fast way."), "{svg}");
    }

    #[test]
    fn the_csv_has_every_point() {
        let project = project(&["reference"]);
        let lesson = &project.lessons["example"];
        let data = Data::gather("example", lesson, &lesson.charts[0], &project.editions[0]).unwrap();
        let csv = data.csv();
        assert_eq!(csv.lines().count(), 1 + 4);
        assert!(csv.contains("time,slow,2,ns,31,30,32,3\n"), "{csv}");
        assert!(data_uri("a b\n%").ends_with(",a%20b%0A%25"));
    }

    #[test]
    fn a_chart_of_several_metrics_tells_its_rows_apart() {
        let mut project = project(&["reference"]);
        let recording = project.editions[0].recordings.get_mut("example").unwrap();
        for point in &mut recording.points {
            point.unit = "updates".to_owned();
        }
        let mut lesson = project.lessons["example"].clone();
        lesson.metrics = vec![Named { name: "lost".to_owned(), label: "Lost".to_owned(), computed: false }];
        let mut labels = |chart: usize, rows: &[&str]| -> Vec<(String, usize)> {
            let chart = &mut lesson.charts[chart];
            let rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
            (chart.metric, chart.series, chart.points) = match chart.kind {
                Kind::Lines => (None, rows, Vec::new()),
                _ => (None, Vec::new(), rows),
            };
            let chart = chart.clone();
            match Data::gather("example", &lesson, &chart, &project.editions[0]).unwrap() {
                Data::Points(points) => points.rows.into_iter().map(|row| (row.label, row.number)).collect(),
                Data::Gantt(_) => panic!("it is no gantt"),
            }
        };
        let named = |rows: &[(&str, usize)]| rows.iter().map(|(label, n)| (label.to_string(), *n)).collect::<Vec<_>>();
        assert_eq!(labels(0, &["time/slow", "lost/slow"]), named(&[("time", 0), ("Lost", 1)]));
        assert_eq!(labels(0, &["time/fast", "time/slow"]), named(&[("fast way", 1), ("slow way", 0)]));
        assert_eq!(labels(0, &["time/fast", "lost/slow"]), named(&[("fast way, time", 1), ("slow way, Lost", 0)]));
        assert_eq!(labels(1, &["time/slow/1", "lost/slow/2"]), named(&[("time, 1", 0), ("Lost, 2", 1)]));
        assert_eq!(labels(1, &["time/slow/2", "time/slow/1"]), named(&[("slow way, 2", 0), ("slow way, 1", 0)]));
    }

    #[test]
    fn what_is_computed_is_said_to_be_and_dashed() {
        let mut project = project(&["reference"]);
        let dashes = |project: &Project, chart: usize| {
            let lesson = &project.lessons["example"];
            let html = html("example", lesson, &lesson.charts[chart], &project.editions).unwrap();
            (
                html.matches("stroke-dasharray").count(),
                html.matches("<th scope=\"row\">fast way, computed</th>").count(),
            )
        };
        assert_eq!((dashes(&project, 0), dashes(&project, 1)), ((0, 0), (0, 0)));
        project.lessons.get_mut("example").unwrap().variants[1].computed = true;
        assert_eq!((dashes(&project, 0), dashes(&project, 1)), ((1, 1), (0, 1)));
    }

    #[test]
    fn a_chart_has_one_unit() {
        let project = project(&["reference"]);
        let lesson = &project.lessons["example"];
        let mut chart = lesson.charts[1].clone();
        (chart.metric, chart.points) = (None, vec!["time/slow/2".to_owned(), "lost/slow/2".to_owned()]);
        let error = html("example", lesson, &chart, &project.editions).unwrap_err().to_string();
        assert!(error.contains("\"ns\" or for \"updates\""), "{error}");
    }

    #[test]
    fn a_chart_without_data_says_so() {
        let mut project = project(&["reference"]);
        project.editions[0].recordings.get_mut("example").unwrap().points.retain(|point| point.variant != "fast");
        let lesson = &project.lessons["example"];
        for chart in &lesson.charts[..2] {
            let error = html("example", lesson, chart, &project.editions).unwrap_err().to_string();
            assert!(error.contains("fast") && error.contains("reference"), "{error}");
        }
        project.editions[0].timelines.get_mut("example").unwrap().groups.remove(0);
        let error = format!("{:#}", html("example", lesson, &lesson.charts[2], &project.editions).unwrap_err());
        assert!(error.contains("no group \"opposite order\"") && error.contains("reference"), "{error}");
        project.editions[0].timelines.clear();
        let error = html("example", lesson, &lesson.charts[2], &project.editions).unwrap_err().to_string();
        assert!(error.ends_with("run `cargo record example --edition reference`"), "{error}");
    }

    #[test]
    fn a_long_title_takes_several_lines() {
        let mut project = project(&["reference"]);
        let lesson = project.lessons.get_mut("example").unwrap();
        lesson.charts[0].title = "word ".repeat(30).trim_end().to_owned();
        let svg = standalone("example", lesson, &lesson.charts[0], &project.editions[0], &LIGHT).unwrap();
        let lines: Vec<&str> =
            svg.split("font-weight=\"bold\">").skip(1).map(|text| text.split('<').next().unwrap()).collect();
        assert!(lines.len() > 3 && lines.iter().all(|line| line.len() <= 42), "{lines:?}");
        assert_eq!(lines.join(" "), lesson.charts[0].title);
    }

    #[test]
    fn exported_files_stand_alone() {
        let project = project(&["reference", "local"]);
        let folder = tempfile::tempdir().unwrap();
        let mut bench_only = project.clone();
        let recording = bench_only.editions[1].recordings.get_mut("example").unwrap();
        recording.points.retain(|point| point.metric == "time");
        bench_only.editions[1].timelines.clear();
        let (files, left_out) = export(&bench_only, folder.path()).unwrap();
        assert_eq!((files.len(), left_out.len()), (3 * 2 * 2 - 4, 2), "{left_out:?}");
        assert!(left_out[1].ends_with("run `cargo record example`"), "{left_out:?}");
        let (files, left_out) = export(&project, folder.path()).unwrap();
        assert_eq!((files.len(), left_out.len()), (3 * 2 * 2, 0));
        for file in files {
            let svg = std::fs::read_to_string(&file).unwrap();
            assert!(svg.starts_with("<svg xmlns=") && !svg.contains("var("), "{svg}");
            assert!(svg.contains("2026-01-02"), "{svg}");
        }
    }
}
