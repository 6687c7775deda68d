//! A chart as a figure of a page, and as a file that stands alone.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Result;
use base::files;
use edition::lesson::ChartFinding;
use edition::verdict::{self, Finding};
use edition::{Edition, LOCAL, Project};
use regex::Regex;

use crate::canvas::{Canvas, Drawing, Size, wrapped};
use crate::directives::Scope;
use crate::html;
use crate::html::{Html, data_uri};
use crate::kind::{Asked, Kind};
use crate::kinds::gather;
use crate::palette::{DARK, LIGHT, Palette};

/// What marks of another edition look like, where there is one.
const PALE: &str = " Paler marks are another machine's.";

/// The chart as a `<figure>` of a page: what is found, what is shown, two drawings of which the page shows the one that
/// fits, the machine, and the data as a table and as CSV, of all editions that have some of it. `explained` holds what
/// charts before it have told of their marks, and afterwards what this one has.
///
/// # Errors
/// The main edition lacks a point that the chart shows. That others do is no fault of the page's.
pub fn html(project: &Project, asked: &Asked<'_>, explained: &RefCell<BTreeSet<&'static str>>) -> Result<Html> {
    let Asked { slug, chart, .. } = asked;
    let editions: Vec<&Edition> = project.editions.iter().collect();
    let data = gather(asked, &editions)?;
    let shown = shown(&*data, &editions);
    let several = shown.len() > 1;
    let is_first = explained.borrow().is_empty();
    let has_ticks = || data.marks().iter().any(|mark| mark.measured().any(|(_, of)| !of.ticks().is_empty()));
    let marks = data.explained();
    let explains = !marks.is_empty() && has_ticks() && explained.borrow_mut().insert(marks);
    let of = |number: usize, tag: &'static str, class: &'static str, content: &Html| {
        let class = if class.is_empty() { Html::default() } else { html!(" class=\"{}\"", class) };
        let number = if several { html!(" data-e=\"{}\"", number) } else { Html::default() };
        html!("<{t}{c}{n}>{content}</{t}>", t = tag, c = class, n = number, content = *content)
    };
    let titles = shown.iter().map(|&number| -> Result<Html> {
        Ok(of(number, "p", "finding", &title(project, asked, number)?.unwrap_or_else(|| html!("{}", chart.shows))))
    });
    let machines = if several { switch(&shown, &editions) } else { Html::default() };
    let captions =
        shown.iter().map(|&number| of(number, "span", "", &caption(asked, editions[number], number, &*data)));
    let csv = shown.iter().map(|&number| {
        let file = format!("{slug}-{}-{}.csv", chart.id, editions[number].name);
        html!("<a download=\"{f}\" href=\"{csv}\">{f}</a>", f = file, csv = data_uri(&data.csv(number)))
    });
    let drawings = [Size::Wide, Size::Narrow].map(|size| {
        let named = html!("role=\"img\" aria-label=\"Chart: {}\"", chart.shows);
        Ok(draw(asked, &*data, &editions, size, several)?.svg(&named))
    });
    Ok(html!(
        "<figure class=\"chart {kind}\" id=\"chart-{slug}-{id}\" data-chart=\"{id}\">\n{titles}\n\
         <p class=\"shows\">{shows}.{key}</p>\n<div class=\"drawings\">{drawings}</div>\n\
         <figcaption>{machines}{captions}{explained}</figcaption>\n\
         <details class=\"data\"><summary>The data</summary>\n<div class=\"scroll\">{table}</div>\n<p>{csv}</p></details>\n</figure>",
        kind = chart.kind,
        slug = *slug,
        id = chart.id,
        titles = titles.collect::<Result<Html>>()?,
        shows = data.subtitle(&chart.shows),
        key = key(&*data),
        drawings = drawings.into_iter().collect::<Result<Html>>()?,
        machines = machines,
        captions = captions.collect::<Html>(),
        explained = match explains {
            true => html!(" <span class=\"explained\">{}{}</span>", marks, if several && is_first { PALE } else { "" }),
            false => Html::default(),
        },
        table = data.table(&editions),
        csv = Html::joined(csv, " "),
    ))
}

/// The reader's choice of a machine.
fn switch(shown: &[usize], editions: &[&Edition]) -> Html {
    let buttons = shown.iter().map(|&number| {
        let pressed = if number == shown[0] { "true" } else { "false" };
        html!(
            "<button type=\"button\" data-machine=\"{}\" data-name=\"{}\" aria-pressed=\"{}\">{}</button>",
            number,
            editions[number].name,
            pressed,
            editions[number].called()
        )
    });
    html!("<span class=\"machines\" role=\"group\" aria-label=\"Whose numbers\">{}</span> ", Html::joined(buttons, " "))
}

/// The chart's shapes in an edition, without a word: a picture that leads to the chart.
///
/// # Errors
/// The edition lacks a point that the chart shows.
pub fn thumbnail(asked: &Asked<'_>, edition: &Edition) -> Result<Html> {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| Regex::new("<text.*?</text>").expect("the pattern is constant"));
    let drawing = draw(asked, &*gather(asked, &[edition])?, &[edition], Size::Narrow, false)?;
    let svg = drawing.svg(&html!("aria-hidden=\"true\" preserveAspectRatio=\"xMidYMin slice\""));
    Ok(Html::made(WORDS.replace_all(svg.as_str(), "").into_owned()))
}

/// Which editions have some of the data.
fn shown(data: &dyn Kind, editions: &[&Edition]) -> Vec<usize> {
    (0..editions.len()).filter(|edition| data.csv(*edition).lines().count() > 1).collect()
}

fn draw(asked: &Asked<'_>, data: &dyn Kind, editions: &[&Edition], size: Size, several: bool) -> Result<Drawing> {
    // Where one edition is shown alone, it's the first.
    let references = asked.references(if several { editions } else { &editions[..editions.len().min(1)] })?;
    Ok(Canvas::draw(size, (editions.len(), several), |canvas| data.draw(canvas, &references)))
}

/// What each colour means, where there are several.
fn key(data: &dyn Kind) -> Html {
    let roles = data.roles();
    if roles.len() < 2 {
        return Html::default();
    }
    let words = roles.iter().map(|role| html!("<span class=\"key {}\">{}</span>", role.class(), role.in_words()));
    html!(" {}", Html::joined(words, ", "))
}

/// The machine, and what is to be kept in mind: one line.
fn caption(asked: &Asked<'_>, edition: &Edition, number: usize, data: &dyn Kind) -> Html {
    let notes = marks(&[asked.marks(edition), data.notes(number)].concat());
    let left_out = data.left_out(number).into_iter().map(|sentence| html!(" {}", sentence));
    html!(
        "<span class=\"machine\">Measured on: <a href=\"introduction.html#your-own-edition\">{}</a></span>{}{}",
        edition.called(),
        notes,
        left_out.collect::<Html>()
    )
}

/// What to keep in mind, as a caption has it.
pub fn marks(marks: &[String]) -> Html {
    marks.iter().map(|mark| html!(" <span class=\"mark\">{}</span>", mark)).collect()
}

/// The chart's title in an edition: the first of its findings that is true there, if one is.
///
/// # Errors
/// A directive in it stands for nothing.
pub fn title(project: &Project, asked: &Asked<'_>, edition: usize) -> Result<Option<Html>> {
    let Some(finding) = found(asked, &project.editions[edition]) else { return Ok(None) };
    Scope { project, own: Some(asked.slug.to_owned()) }.sentence(&finding.says, edition).map(Some)
}

/// The first of the chart's findings that is true in an edition.
pub fn found<'a>(asked: &Asked<'a>, edition: &Edition) -> Option<&'a ChartFinding> {
    let holds = |condition| matches!(verdict::finding(edition, asked.slug, condition), Finding::Holds(_));
    asked.chart.findings.iter().find(|finding| finding.when.iter().all(holds))
}

/// What is wrong with the charts in the editions that are kept, each with its lesson's slug: one has no true finding, or can't be
/// read.
pub fn faults(project: &Project) -> Vec<(String, String)> {
    let editions: Vec<&Edition> = project.editions.iter().collect();
    let mut faults = Vec::new();
    for (slug, lesson) in &project.lessons {
        for chart in &lesson.charts {
            let asked = Asked { slug, lesson, chart };
            // What wasn't recorded, the page says.
            let Ok(data) = gather(&asked, &editions) else { continue };
            let mut fault = |what: String| faults.push((slug.clone(), format!("the chart {:?}: {what}", chart.id)));
            data.faults().into_iter().for_each(&mut fault);
            for edition in shown(&*data, &editions).into_iter().map(|number| editions[number]) {
                if edition.name != LOCAL && found(&asked, edition).is_none() {
                    fault(format!("none of its findings is true in the edition {}; write one that is", edition.name));
                }
            }
        }
    }
    faults
}

/// Writes every chart of every edition into `folder`, as SVG files that stand alone: light and dark, with title, machine
/// and date. Returns the files, and for each chart that an edition has no data for, a line.
///
/// # Errors
/// A file can't be written.
pub fn export(project: &Project, folder: &Path) -> Result<(Vec<PathBuf>, Vec<String>)> {
    let (mut files, mut left_out) = (Vec::new(), Vec::new());
    for (number, edition) in project.editions.iter().enumerate() {
        for (slug, lesson) in project.lessons.iter().filter(|(slug, _)| edition.recordings.contains_key(*slug)) {
            for chart in &lesson.charts {
                let asked = Asked { slug, lesson, chart };
                for palette in [LIGHT, DARK] {
                    match standalone(project, &asked, number, &palette) {
                        Ok(svg) => {
                            let name = format!("{slug}-{}-{}-{}.svg", chart.id, edition.name, palette.name);
                            let path = folder.join(name);
                            files::write_atomically(&path, svg.as_str().as_bytes())?;
                            files.push(path);
                        }
                        Err(error) if palette.name == LIGHT.name => {
                            left_out.push(format!("no chart {:?}: {error:#}", chart.id));
                        }
                        Err(_) => {}
                    }
                }
            }
        }
    }
    Ok((files, left_out))
}

/// The chart as an SVG file that stands alone, with what one edition says.
///
/// # Errors
/// The edition lacks a point that the chart shows.
pub fn standalone(project: &Project, asked: &Asked<'_>, edition: usize, palette: &Palette) -> Result<Html> {
    const LINE: i32 = 22;
    let number = edition;
    let edition = &project.editions[number];
    let data = gather(asked, &[edition])?;
    let drawing = draw(asked, &*data, &[edition], Size::Wide, false)?;
    let title = match found(asked, edition) {
        Some(finding) => Scope { project, own: Some(asked.slug.to_owned()) }.plain_sentence(&finding.says, number)?,
        None => asked.chart.shows.clone(),
    };
    // Of letters that are half as large again, two thirds fit.
    let lines = wrapped(&title, 500);
    let mut y = 0;
    let mut head = Html::default();
    for line in &lines {
        y += LINE + 2;
        head.push(&html!("<text class=\"b\" font-size=\"19\" style=\"font-size:19px\" y=\"{}\">{}</text>", y, line));
    }
    y += LINE;
    head.push(&html!("<text class=\"u\" y=\"{}\">{}</text>", y, data.subtitle(&asked.chart.shows)));
    let roles = data.roles();
    if roles.len() > 1 {
        y += LINE;
        let words = roles
            .iter()
            .map(|role| html!("<tspan class=\"{} b\" fill=\"currentColor\">{}</tspan>", role.class(), role.in_words()));
        head.push(&html!("<text y=\"{}\">{}</text>", y, Html::joined(words, " · ")));
    }
    let from = y + 16;
    let recorded = edition.recordings.get(asked.slug).map(|recording| &recording.provenance);
    let recorded = recorded.map_or_else(String::new, |from| edition.recorded(&from.date, &from.commit));
    let about = [vec![recorded], data.left_out(0)].concat().join(" ");
    let mut y = from + drawing.height + 6;
    let mut foot = Html::default();
    for line in wrapped(&about, Size::Wide.width()) {
        y += 18;
        foot.push(&html!("<text class=\"u\" style=\"font-size:12px\" y=\"{}\">{}</text>", y, line));
    }
    Ok(html!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{outer}\" height=\"{height}\" viewBox=\"-20 0 {outer} {height}\" role=\"img\" \
         aria-label=\"{title}\">{style}\n<rect class=\"o\" x=\"-20\" width=\"{outer}\" height=\"{height}\"/>\n{head}\n\
         <g transform=\"translate(0 {from})\">{body}</g>\n{foot}\n</svg>\n",
        outer = Size::Wide.width() + 40,
        height = y + 16,
        title = title,
        style = palette.style(),
        head = head,
        from = from,
        body = *drawing.body(),
        foot = foot,
    ))
}
