//! Directives in a text, `{{#name words}}`, and those that stand for a number: `{{#value POINT}}` and
//! `{{#ratio POINT POINT}}`, or for what ran them: `{{#interpreter POINT}}`. What is counted in times may have the words that follow it: `{{#ratio POINT POINT as long}}`.
//!
//! A point is `metric/variant/parameter`. On a page that is not an experiment's own, `slug:` goes before a name. A
//! backslash before the braces keeps a directive as it is written.

use std::sync::LazyLock;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use base::nearest;
use edition::estimate::Estimate;
use edition::lesson::Lesson;
use edition::{Edition, NotRecorded, Project};
use regex::{Captures, Regex};

use crate::html;
use crate::html::Html;
use crate::points::{parts, whole};

/// Something wrong in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line in the page, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// The directives of ours.
const OURS: [&str; 21] = [
    "figure",
    "value",
    "interpreter",
    "ratio",
    "verdict",
    "claims",
    "tally",
    "session",
    "listing",
    "predict",
    "predicted",
    "opening",
    "question",
    "stepper",
    "model",
    "machine",
    "editions",
    "comparison",
    "experiments",
    "minutes",
    "choosing",
];
const MDBOOKS: [&str; 5] = ["include", "rustdoc_include", "playground", "playpen", "title"];

static DIRECTIVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\\?)\{\{\s*(#?)\s*([A-Za-z_]*)([^{}\n]*)(\}\}|)").expect("the pattern is constant"));

/// A directive that lacks a brace. The id of a heading, `{#id}`, has no word behind it, or one that begins with a dot.
static ONE_BRACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)(?:^|[^{\\])\{#\s*([a-z_]+)\s+[^\s.#}]").expect("the pattern is constant"));

/// Replaces the directives of a piece of text that belongs to the experiment `slug`, without any markup: for the README.
///
/// # Errors
/// As for [`Scope::expand`].
pub fn expand_plain(project: &Project, slug: &str, text: &str) -> Result<String, Vec<Problem>> {
    let scope = Scope { project, own: Some(slug.to_owned()) };
    scope.expand(text, &|name, words| match (scope.number(name, words), name, words) {
        (Some(number), ..) => Ok(number?.plain()),
        (None, "interpreter", [point]) => scope.interpreter(point, 0),
        _ if OURS.contains(&name) => bail!("{{{{#{name}}}}} has no plain text; use value or ratio here"),
        _ => Err(unknown(name, words)),
    })
}

/// What is wrong with a directive that is none, or has other words than it takes.
pub fn unknown(name: &str, words: &[&str]) -> Error {
    if !OURS.contains(&name) {
        let known: Vec<&str> = OURS.iter().chain(&MDBOOKS).copied().collect();
        return anyhow!("no directive {name:?}{}", nearest::hint(name, &known));
    }
    let takes = match name {
        "machine" | "editions" | "claims" | "tally" | "comparison" | "experiments" | "minutes" | "choosing" => {
            "no name"
        }
        "ratio" => "two points, and the words that follow it",
        "interpreter" => "one point",
        "value" => "one point, and of what is counted in times the words that follow it",
        _ => "one name",
    };
    anyhow!("{{{{#{name}}}}} takes {takes}, not {:?}", words.join(" "))
}

/// Where a directive stands.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// What it can refer to.
    pub project: &'a Project,
    /// The experiment whose page or lesson it is.
    pub own: Option<String>,
}

impl<'a> Scope<'a> {
    /// Replaces every directive of ours in a text by what `becomes` makes of its name and its words.
    ///
    /// # Errors
    /// All that is wrong with the text's directives, in order.
    pub fn expand(
        &self,
        text: &str,
        becomes: &dyn Fn(&str, &[&str]) -> Result<String>,
    ) -> Result<String, Vec<Problem>> {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let mut problems = Vec::new();
        let expanded = DIRECTIVE.replace_all(text, |found: &Captures<'_>| {
            let written = found[0].to_owned();
            if !found[1].is_empty() {
                return written;
            }
            let (hash, name, words) = (&found[2], &found[3], found[4].split_whitespace().collect::<Vec<_>>());
            let done = match hash {
                "" if OURS.contains(&name) => Err(anyhow!("write {{{{#{name} with a #")),
                "" if nearest::is_near(name, &OURS) => {
                    Err(anyhow!("{written:?} lacks a # and is no directive{}", nearest::hint(name, &OURS)))
                }
                "" => Ok(written),
                _ if found[5].is_empty() => Err(anyhow!("{written:?} has no closing braces on its line")),
                _ if MDBOOKS.contains(&name) && words.is_empty() => {
                    Err(anyhow!("{{{{#{name}}}}} names nothing; write what it is to show"))
                }
                _ if MDBOOKS.contains(&name) => Ok(written),
                _ => becomes(name, &words),
            };
            done.unwrap_or_else(|error| {
                if self.project.is_draft && NotRecorded::is_in(&error) {
                    return "…".to_owned();
                }
                let line = line(found.get(0).map_or(0, |whole| whole.start()));
                problems.push(Problem { line, message: format!("{error:#}") });
                String::new()
            })
        });
        for found in ONE_BRACE.captures_iter(text) {
            let name = &found[1];
            if OURS.contains(&name) || MDBOOKS.contains(&name) {
                let message = format!("write {{{{#{name} …}}}} with two braces on each side");
                problems.push(Problem { line: line(found.get(1).map_or(0, |name| name.start())), message });
            }
        }
        problems.sort_by_key(|problem| problem.line);
        if problems.is_empty() { Ok(expanded.into_owned()) } else { Err(problems) }
    }

    /// The slug and the rest of a name that may begin with `slug:`, and the slug's lesson.
    ///
    /// # Errors
    /// No experiment has this slug, or the page is no experiment's own and none is named.
    pub fn resolve<'n>(&self, name: &'n str) -> Result<(String, &'a Lesson, &'n str)> {
        let (slug, rest) = match (name.split_once(':'), &self.own) {
            (Some((slug, rest)), _) => (slug.to_owned(), rest),
            (None, Some(own)) => (own.clone(), name),
            (None, None) => bail!("this page belongs to no experiment: write slug:{name}"),
        };
        let lesson = self.project.lesson(&slug)?;
        Ok((slug, lesson, rest))
    }

    /// The number that a directive stands for; nothing if it is none of those that do.
    pub fn number(&self, name: &str, words: &[&str]) -> Option<Result<Measured<'a>>> {
        match (name, words) {
            ("value", [point, words @ ..]) => Some(self.value(point, words)),
            ("ratio", [over, under, words @ ..]) => Some(self.ratio([over, under], words)),
            _ => None,
        }
    }

    /// The slug and the name of a point that the book shows.
    ///
    /// # Errors
    /// Its quantity's number is another metric's, or nobody lists it.
    fn point<'n>(&self, name: &'n str) -> Result<(String, &'a Lesson, &'n str)> {
        let (slug, lesson, point) = self.resolve(name)?;
        if let Some((metric, _, parameter)) = parts(point, None, true) {
            lesson.shows(metric, parameter).map_err(|what| anyhow!("{slug}: {what}"))?;
        }
        Ok((slug, lesson, point))
    }

    fn value(&self, name: &str, words: &[&str]) -> Result<Measured<'a>> {
        let (slug, _, point) = self.point(name)?;
        let measured = self.measured(name.to_owned(), &[point], words, &|edition| {
            let point = edition.point(&slug, point)?;
            let estimate = point.estimate().context("a point has at least one launch")?;
            Ok((estimate, &point.unit))
        })?;
        ensure!(words.is_empty() || measured.unit == "times", "words can follow what is counted in times, not {name}");
        Ok(measured)
    }

    fn ratio(&self, [over, under]: [&str; 2], words: &[&str]) -> Result<Measured<'a>> {
        let ((slug, lesson, over_point), (other, beside, under_point)) = (self.point(over)?, self.point(under)?);
        let metric = |point: &str| point.split('/').next().unwrap_or_default().to_owned();
        let per = |lesson: &'a Lesson, point| lesson.metric(&metric(point)).and_then(|metric| metric.per.as_deref());
        let pers = [per(lesson, over_point), per(beside, under_point)].map(Option::unwrap_or_default);
        // One of the same thing, but of all workers together here and of each there.
        let of_same = pers[0].split(' ').next() == pers[1].split(' ').next();
        ensure!(
            !of_same || pers[0] == pers[1],
            "{over} is per {:?} and {under} per {:?}: they have no ratio",
            pers[0],
            pers[1]
        );
        if let Some(known) = lesson.metrics.iter().find(|known| known.ratio_of == Some(metric(over_point)))
            && slug == other
        {
            bail!("a ratio of {:?} is {:?}, paired run by run: show that one", metric(over_point), known.name);
        }
        self.measured(format!("{over} divided by {under}"), &[over_point, under_point], words, &|edition| {
            let (over, under) = (edition.point(&slug, over_point)?, edition.point(&other, under_point)?);
            ensure!(over.unit == under.unit, "{} and {} have no ratio", over.unit, under.unit);
            let ratio = Estimate::ratio(&over.launches, &under.launches).context("a ratio to 0 is no number")?;
            Ok((ratio, "times"))
        })
    }

    /// The interpreter that ran a point in an edition: `CPython 3.15.2`.
    ///
    /// # Errors
    /// The edition lacks the point, or doesn't tell what ran it.
    pub fn interpreter(&self, name: &str, edition: usize) -> Result<String> {
        let (slug, _, point) = self.point(name)?;
        self.project.main_edition()?;
        let edition = &self.project.editions[edition];
        let on = edition.point(&slug, point)?.interpreter.clone();
        on.ok_or_else(|| {
            NotRecorded(format!("{name} doesn't tell its interpreter in the edition {}", edition.name)).into()
        })
    }

    fn measured(
        &self,
        what: String,
        points: &[&str],
        words: &[&str],
        of: &dyn Fn(&'a Edition) -> Result<(Estimate, &'a str)>,
    ) -> Result<Measured<'a>> {
        self.project.main_edition()?;
        let mut variants: Vec<String> =
            points.iter().filter_map(|point| Some(parts(point, None, true)?.1.to_owned())).collect();
        variants.dedup();
        let mut unit = "";
        let mut all = Vec::new();
        for (number, edition) in self.project.editions.iter().enumerate() {
            match of(edition) {
                Ok((estimate, its)) => {
                    unit = its;
                    all.push(Some((edition, estimate)));
                }
                // Only what the book's machine hasn't measured is missing.
                Err(error) if number == 0 => return Err(error),
                Err(_) => all.push(None),
            }
        }
        Ok(Measured { what, unit, words: words.join(" "), variants, all })
    }

    /// A sentence with the numbers of one edition, as HTML.
    ///
    /// # Errors
    /// The edition lacks one of them, or a directive is none of those that stand for a number.
    pub fn sentence(&self, text: &str, edition: usize) -> Result<Html> {
        let text = html!("{}", text);
        self.numbers(text.as_str(), edition, &|number| Ok(number.short_html(edition)?.into())).map(Html::made)
    }

    /// The same without markup.
    ///
    /// # Errors
    /// As for [`Scope::sentence`].
    pub fn plain_sentence(&self, text: &str, edition: usize) -> Result<String> {
        self.numbers(text, edition, &|number| number.short(edition))
    }

    fn numbers(&self, text: &str, edition: usize, becomes: &dyn Fn(&Measured<'a>) -> Result<String>) -> Result<String> {
        let expanded = self.expand(text, &|name, words| match (self.number(name, words), name, words) {
            (Some(number), ..) => becomes(&number?),
            (None, "interpreter", [point]) => self.interpreter(point, edition),
            _ => Err(unknown(name, words)),
        });
        expanded.map_err(|problems| {
            anyhow!(problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; "))
        })
    }
}

/// A number, in every edition that has it.
#[derive(Debug)]
pub struct Measured<'a> {
    what: String,
    unit: &'a str,
    words: String,
    /// The variants that it is of.
    variants: Vec<String>,
    /// What each edition says; the first one says something.
    all: Vec<Option<(&'a Edition, Estimate)>>,
}

impl Measured<'_> {
    /// The main edition's alone, as people say it.
    pub fn plain(&self) -> String {
        self.all.iter().flatten().next().map_or_else(String::new, |(_, estimate)| self.said(*estimate))
    }

    /// An edition's.
    fn short(&self, edition: usize) -> Result<String> {
        let found = self.all.get(edition).copied().flatten();
        let (_, estimate) = found.with_context(|| format!("{} isn't measured there", self.what))?;
        Ok(match self.unit {
            "times" => estimate.ratio_said(&self.words),
            unit => whole(estimate.said(unit)),
        })
    }

    fn short_html(&self, edition: usize) -> Result<Html> {
        Ok(html!("<span data-v=\"{}\">{}</span>", self.variants.join(" "), self.short(edition)?))
    }

    /// All of them as HTML, each with its interval: the reader's choice of a machine says which is seen.
    pub fn html(&self) -> Html {
        let range = |(edition, e): (&Edition, Estimate)| {
            let launches = if e.launches == 1 { "one launch".to_owned() } else { format!("{} launches", e.launches) };
            format!("{}, {}: {} ({}, {launches})", self.what, edition.called(), e.exact(self.unit), e.range(self.unit))
        };
        let Some(first) = self.all.iter().flatten().next().copied() else { return Html::default() };
        let said: Vec<String> = self.all.iter().map(|one| self.said(one.unwrap_or(first).1)).collect();
        let (title, seen) = match said.iter().all(|other| *other == said[0]) {
            true => (html!(" title=\"{}\"", range(first)), html!("{}", said[0])),
            // Each has its own.
            false => {
                let of = |(number, said): (usize, &String)| match self.all[number] {
                    Some(one) => html!("<span data-e=\"{}\" title=\"{}\">{}</span>", number, range(one), said),
                    None => html!("<span data-e=\"{}\">{} <small>({})</small></span>", number, said, first.0.called()),
                };
                (Html::default(), said.iter().enumerate().map(of).collect())
            }
        };
        html!("<span class=\"measured\" data-v=\"{}\"{}>{}</span>", self.variants.join(" "), title, seen)
    }

    fn said(&self, estimate: Estimate) -> String {
        match self.unit {
            "times" => estimate.ratio_said(&self.words),
            unit => whole(estimate.said(unit)),
        }
    }
}

/// The one of this name.
///
/// # Errors
/// There is none; the error proposes the nearest.
pub fn find<'a, T>(all: &'a [T], name: &str, what: &str, name_of: impl Fn(&T) -> &String) -> Result<&'a T> {
    all.iter().find(|one| name_of(one) == name).with_context(|| {
        let known: Vec<&str> = all.iter().map(|one| name_of(one).as_str()).collect();
        format!("no {what} {name:?}{}", nearest::hint(name, &known))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example::project;

    #[test]
    fn plain_text_has_no_markup() {
        let project = project(&["reference"]);
        let text = expand_plain(&project, "example", "It takes {{#value time/slow/1}}.").unwrap();
        assert_eq!(text, "It takes 11\u{a0}ns.");
        assert!(expand_plain(&project, "example", "{{#figure cost}}").is_err());
    }

    #[test]
    fn an_interpreter_is_that_of_the_first_edition_and_in_a_title_the_editions_own() {
        let mut project = project(&["reference", "other"]);
        let written = "On {{#interpreter time/slow/1}}.";
        let told = expand_plain(&project, "example", written).unwrap_err();
        assert_eq!(told[0].message, "time/slow/1 doesn't tell its interpreter in the edition reference");
        for (edition, on) in project.editions.iter_mut().zip(["CPython 3.15.2", "CPython 3.13.1"]) {
            let points = &mut edition.recordings.get_mut("example").unwrap().points;
            points.iter_mut().for_each(|point| point.interpreter = Some(on.to_owned()));
        }
        assert_eq!(expand_plain(&project, "example", written).unwrap(), "On CPython 3.15.2.");
        let scope = Scope { project: &project, own: Some("example".to_owned()) };
        assert_eq!(scope.plain_sentence(written, 1).unwrap(), "On CPython 3.13.1.");
        assert!(scope.interpreter("time/slow/9", 0).is_err());
    }
}
