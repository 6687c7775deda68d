//! A chart as a figure of a page, and as a file that stands alone.

use std::path::{Path, PathBuf};

use anyhow::Result;
use base::files;
use edition::{Edition, Project};

use crate::drawing::{self, DARK, LIGHT, Palette, wrapped};
use crate::html;
use crate::html::{Html, data_uri};
use crate::kind::{Asked, Kind};
use crate::kinds::gather;

/// The chart as `<figure>`s of a page, one for each of the `editions` that has its data, all on one scale: the drawing in
/// the page's colours, the machine, the data as a table and a CSV.
///
/// # Errors
/// The first of the editions lacks a point that the chart shows. That others do is no fault of the page's.
pub fn html(asked: &Asked<'_>, editions: &[Edition]) -> Result<Html> {
    let mut all = Vec::new();
    for (number, edition) in editions.iter().enumerate() {
        match gather(asked, edition) {
            Ok(data) => all.push((edition, data)),
            Err(error) if number == 0 => return Err(error),
            Err(_) => {}
        }
    }
    let reach: Vec<f64> = all.iter().flat_map(|(_, data)| data.ends()).collect();
    Ok(Html::joined(all.iter().map(|(edition, data)| figure(asked, edition, &**data, &reach)), "\n"))
}

fn figure(asked: &Asked<'_>, edition: &Edition, data: &dyn Kind, reach: &[f64]) -> Html {
    let Asked { slug, chart, .. } = asked;
    let file = format!("{slug}-{}-{}.csv", chart.id, edition.name);
    let named = html!("role=\"img\" aria-label=\"{}\"", in_words(asked, data));
    html!(
        "<figure class=\"chart\" data-edition=\"{name}\">\n{drawing}\n\
         <figcaption><strong>{title}.</strong> {about}{marks}</figcaption>\n\
         <details class=\"data\"><summary>The data</summary>\n<div class=\"scroll\">{table}</div>\n\
         <p><a download=\"{file}\" href=\"{csv}\">{file}</a></p></details>\n</figure>",
        name = edition.name,
        drawing = drawing::with(&drawing::paint(&data.draw(&chart.axis, reach), None), &named),
        title = chart.title,
        about = data.about(asked, edition),
        marks = marks(&data.marks(asked, edition)),
        table = data.table(&chart.axis),
        file = file,
        csv = data_uri(&data.csv()),
    )
}

/// What to keep in mind, as a caption has it.
pub fn marks(marks: &[String]) -> Html {
    marks.iter().map(|mark| html!(" <span class=\"mark\">{}</span>", mark)).collect()
}

/// The chart for those who don't see it.
fn in_words(Asked { chart, .. }: &Asked<'_>, data: &dyn Kind) -> String {
    format!("Chart: {}; {}.{}", chart.title, chart.axis, data.words()).replace('\u{a0}', " ")
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
                let asked = Asked { slug, lesson, chart };
                let data = match gather(&asked, edition) {
                    Ok(data) => data,
                    Err(error) => {
                        left_out.push(format!("no chart {:?}: {error:#}", chart.id));
                        continue;
                    }
                };
                for palette in [LIGHT, DARK] {
                    let path = folder.join(format!("{slug}-{}-{}-{}.svg", chart.id, edition.name, palette.name));
                    files::write_atomically(&path, alone(&asked, edition, &*data, &palette).as_str().as_bytes())?;
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
pub fn standalone(asked: &Asked<'_>, edition: &Edition, palette: &Palette) -> Result<Html> {
    Ok(alone(asked, edition, &*gather(asked, edition)?, palette))
}

fn alone(asked: &Asked<'_>, edition: &Edition, data: &dyn Kind, palette: &Palette) -> Html {
    /// What a line of the title takes.
    const LINE: i32 = 38;
    let chart = asked.chart;
    let drawing = drawing::paint(&data.draw(&chart.axis, &[]), Some(palette));
    let (width, body) = (drawing::WIDTH, drawing::height(&drawing));
    // In bold of this size, so many letters are sure to fit.
    let title = wrapped(&chart.title, 42);
    let head = 42 + LINE * title.len() as i32;
    let about = wrapped(&data.about(asked, edition), 76);
    let title = title.iter().zip(0..).map(|(line, number)| {
        html!("<text x=\"4\" y=\"{}\" font-size=\"32\" font-weight=\"bold\">{}</text>", 46 + LINE * number, line)
    });
    let lines = about.iter().zip(1..).map(|(line, number)| {
        html!("<text x=\"4\" y=\"{}\" font-size=\"20\">{}</text>", head + body + 30 * number, line)
    });
    let place = html!("y=\"{}\" width=\"{}\" height=\"{}\"", head, width, body);
    html!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"-20 0 {outer} {height}\" \
         role=\"img\" aria-label=\"{words}\">\n<rect x=\"-20\" width=\"{outer}\" height=\"{height}\" fill=\"{ground}\"/>\n\
         <g font-family=\"sans-serif\" fill=\"{colour}\">{lines}</g>\n\
         {drawing}\n</svg>\n",
        height = head + body + 30 * about.len() as i32 + 24,
        words = in_words(asked, data),
        width = width,
        outer = width + 40,
        ground = palette.background,
        colour = palette.text,
        lines = title.chain(lines).collect::<Html>(),
        drawing = drawing::with(&drawing, &place),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::estimate::Launch;
    use edition::example::project;

    fn asked(project: &Project, chart: usize) -> Asked<'_> {
        let lesson = &project.lessons["example"];
        Asked { slug: "example", lesson, chart: &lesson.charts[chart] }
    }

    /// A chart of the example, in all its editions.
    fn drawn(project: &Project, chart: usize) -> Result<String> {
        html(&asked(project, chart), &project.editions).map(String::from)
    }

    fn alone(project: &Project, chart: usize) -> String {
        standalone(&asked(project, chart), &project.editions[0], &LIGHT).unwrap().into()
    }

    #[test]
    fn a_figure_is_one_block_of_html_with_its_data() {
        let project = project(&["reference"]);
        let charts = &project.lessons["example"].charts;
        for (number, chart) in charts.iter().enumerate() {
            let html = drawn(&project, number).unwrap();
            assert!(!html.contains("\n\n"), "a blank line would end the block: {html}");
            assert!(html.len() < 12_000, "{} bytes", html.len());
            let names = if chart.kind == "gantt" { ["worker 0", "waits for B"] } else { ["slow way", "fast way"] };
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
        let html = drawn(&project, 0).unwrap();
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
        lesson.charts[1].fields.insert("scale".to_owned(), "log".into());
        let recording = project.editions[0].recordings.get_mut("example").unwrap();
        let slow = recording.points.iter_mut().find(|point| point.variant == "slow" && point.parameter == "1").unwrap();
        slow.launches.fill(Launch::exact(0.0));
        let caption = |chart| drawn(&project, chart).unwrap();
        assert!(caption(0).contains("0 has no place on a logarithmic axis: slow way, at 1."), "{}", caption(0));
        assert!(caption(1).contains("0 has no place on a logarithmic axis: fast way."), "{}", caption(1));
        let svg = alone(&project, 1);
        assert!(svg.contains("logarithmic axis: fast way."), "{svg}");
    }

    #[test]
    fn the_csv_has_every_point() {
        let project = project(&["reference"]);
        let csv = gather(&asked(&project, 0), &project.editions[0]).unwrap().csv();
        assert_eq!(csv.lines().count(), 1 + 4);
        assert!(csv.contains("time,slow,2,ns,31,30,32,3,\n"), "{csv}");
    }

    #[test]
    fn what_is_computed_is_said_to_be_and_dashed() {
        let mut project = project(&["reference"]);
        let dashes = |project: &Project, chart: usize| {
            let html = drawn(project, chart).unwrap();
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
        let mut project = project(&["reference"]);
        let fields = &mut project.lessons.get_mut("example").unwrap().charts[1].fields;
        fields.remove("metric");
        fields.insert("points".to_owned(), vec!["time/slow/2", "lost/slow/2"].into());
        let error = drawn(&project, 1).unwrap_err().to_string();
        assert!(error.contains("\"ns\" or for \"updates\""), "{error}");
    }

    #[test]
    fn a_chart_without_data_says_so() {
        let mut project = project(&["reference"]);
        project.editions[0].recordings.get_mut("example").unwrap().points.retain(|point| point.variant != "fast");
        for chart in 0..2 {
            let error = drawn(&project, chart).unwrap_err().to_string();
            assert!(error.contains("fast") && error.contains("reference"), "{error}");
        }
        project.editions[0].timelines.get_mut("example").unwrap().groups.remove(0);
        let error = format!("{:#}", drawn(&project, 2).unwrap_err());
        assert!(error.contains("no group \"opposite order\"") && error.contains("reference"), "{error}");
        project.editions[0].timelines.clear();
        let error = drawn(&project, 2).unwrap_err().to_string();
        assert!(error.ends_with("run `cargo record example --edition reference`"), "{error}");
    }

    #[test]
    fn a_long_title_takes_several_lines() {
        let mut project = project(&["reference"]);
        let lesson = project.lessons.get_mut("example").unwrap();
        lesson.charts[0].title = "word ".repeat(30).trim_end().to_owned();
        let title = lesson.charts[0].title.clone();
        let svg = alone(&project, 0);
        let lines: Vec<&str> =
            svg.split("font-weight=\"bold\">").skip(1).map(|text| text.split('<').next().unwrap()).collect();
        assert!(lines.len() > 3 && lines.iter().all(|line| line.len() <= 42), "{lines:?}");
        assert_eq!(lines.join(" "), title);
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
