//! `lesson.toml`: what a chapter draws, judges and asks.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use base::{files, nearest};
use serde::{Deserialize, Deserializer};

/// An experiment's lesson.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The question that the experiment answers, `asks` in the file; it stands in the map.
    #[serde(rename = "asks")]
    pub question: String,
    /// The measured answer for the map, with directives where numbers are.
    pub answer: String,
    /// What `cargo record` runs.
    #[serde(default)]
    pub record: Record,
    /// What `cargo soak` does beyond running the experiment.
    #[serde(default)]
    pub soak: Soak,
    /// The variants, with the words for them in charts.
    #[serde(default, rename = "variant")]
    pub variants: Vec<Named>,
    /// The metrics, with the words for them in charts that show several.
    #[serde(default, rename = "metric")]
    pub metrics: Vec<Named>,
    /// What to draw.
    #[serde(default, rename = "chart")]
    pub charts: Vec<Chart>,
    /// What to judge.
    #[serde(default, rename = "claim")]
    pub claims: Vec<Claim>,
    /// Commands whose output the chapter shows.
    #[serde(default, rename = "session")]
    pub sessions: Vec<SessionSpec>,
    /// What the reader is asked before any number.
    #[serde(default, rename = "prediction")]
    pub predictions: Vec<Prediction>,
    /// What the reader is asked at the end.
    #[serde(default, rename = "question")]
    pub questions: Vec<Question>,
    /// What the reader steps through.
    #[serde(default, rename = "stepper")]
    pub steppers: Vec<Stepper>,
}

/// What `cargo record` runs besides the benches.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Arguments for runs with `--json`, one string for each run; fixed ones, so that machines can be compared.
    #[serde(default)]
    pub outcomes: Vec<String>,
    /// Arguments for the runs whose `--trace` is kept: of one, or a list of several, whose groups then stand in one timeline.
    #[serde(default, deserialize_with = "one_or_several")]
    pub trace: Vec<String>,
    /// Arguments for a run before all others, which builds what the experiment needs and may take as long as a build.
    pub prepare: Option<String>,
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "arguments, or a list of them")]
    enum Written {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::One(arguments) => vec![arguments],
        Written::Several(runs) => runs,
    })
}

/// What `cargo soak` does beyond running the experiment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Soak {
    /// Arguments with which it shows as much in less time, for tests that run it dozens of times; none if it isn't given.
    pub brief: Option<String>,
    /// Arguments with which the experiment's child processes run for half a second or more, so that it can be killed.
    pub kill: Option<String>,
    /// Of so many runs that are asked for, one is made, where a run takes seconds; 1 if it isn't given.
    pub one_in: Option<std::num::NonZeroU32>,
    /// The fewest and the most workers that the experiment takes, where it doesn't take any number of them.
    pub workers: Option<[usize; 2]>,
}

/// A variant or a metric, and its label.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its name in the crate.
    pub name: String,
    /// What charts and tables call it.
    pub label: String,
    /// Of a variant: its values are computed from others, not measured, and charts say so.
    #[serde(default)]
    pub computed: bool,
}

/// A chart.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// Its name in directives.
    pub id: String,
    /// How it is drawn.
    pub kind: Kind,
    /// Its heading: what it shows, not what one should think of it.
    pub title: String,
    /// Dots and lines: which metric it shows. Without it, each of the series or points names its own, in front.
    pub metric: Option<String>,
    /// The words for the value axis.
    pub axis: String,
    /// Lines: the variants to draw, or with metrics of their own, each `metric/variant`.
    #[serde(default)]
    pub series: Vec<String>,
    /// Lines: the words for the parameter.
    #[serde(default)]
    pub over: String,
    /// Dots: the points to draw, each `variant/parameter`, or `metric/variant/parameter`.
    #[serde(default)]
    pub points: Vec<String>,
    /// Gantt: the groups of the timeline to draw. One that has a variant's name goes by its label.
    #[serde(default)]
    pub groups: Vec<String>,
    /// How the value axis runs.
    #[serde(default)]
    pub scale: Scale,
}

/// The kinds of chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A dot with its interval for each point.
    Dots,
    /// A line with a band over a parameter, for each variant.
    Lines,
    /// A row for each worker of a recorded timeline, over time.
    Gantt,
}

/// How a value axis runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Equal steps are equal differences; the axis begins at 0.
    #[default]
    Linear,
    /// Equal steps are equal ratios.
    Log,
}

/// A claim of `book/claims.toml`, and what to compare in order to judge it, or why there is nothing to compare. Several
/// lessons may judge one claim, each by cases of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its id in `book/claims.toml`.
    pub id: String,
    /// The cases that it speaks of.
    #[serde(default, rename = "case")]
    pub cases: Vec<Case>,
    /// Instead of cases: why there is nothing to judge, in Markdown.
    pub opinion: Option<String>,
}

/// One case of a claim: a value, or a ratio of two, that must lie above or below a threshold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The case in words: `on threads`.
    pub says: String,
    /// The point to judge: `metric/variant/parameter`.
    pub value: Option<String>,
    /// Two points, the first to be divided by the second.
    pub ratio: Option<[String; 2]>,
    /// The claim says that it lies above this.
    pub above: Option<f64>,
    /// The claim says that it lies below this.
    pub below: Option<f64>,
}

/// A command whose output the chapter shows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSpec {
    /// Its name in directives.
    pub name: String,
    /// The command, run at the project's root: words, with no shell behind them.
    pub command: String,
    /// The error code with which the compiler must refuse the program.
    pub refused: Option<String>,
    /// Keep the lines from the first that contains this,
    pub from: Option<String>,
    /// to the first after it that contains this.
    pub to: Option<String>,
}

/// A question before any number.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// Its name in directives.
    pub id: String,
    /// The question.
    pub question: String,
    /// What the reader chooses from.
    pub choices: Vec<String>,
    /// What was measured, with directives where numbers are.
    pub result: String,
}

/// A question with an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name in directives.
    pub id: String,
    /// The question.
    pub question: String,
    /// The answer, in Markdown.
    pub answer: String,
}

/// A program for two workers, and what the reader is to bring about by choosing who goes next.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stepper {
    /// Its name in directives.
    pub id: String,
    /// The steps of both workers, as the explorer reads them: `load x; add 1; store x | load x; add 1; store x`.
    pub program: String,
    /// How many times over each worker does its steps; once, if it isn't given.
    #[serde(default = "once_over")]
    pub times: usize,
    /// What the reader is to bring about, in words.
    pub challenge: String,
    /// The same as data: what the workers' memory adds up to at the end; without it, a deadlock.
    pub ends_at: Option<i32>,
    /// What is said at an end that the challenge asks for.
    pub met: String,
    /// What is said at any other end.
    pub missed: String,
}

fn once_over() -> usize {
    1
}

/// `book/claims.toml`: every claim that the book judges, in our words.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// All of them.
    #[serde(rename = "claim")]
    pub claims: Vec<ClaimText>,
}

/// A claim in words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimText {
    /// Its id.
    pub id: String,
    /// What it says, in our words.
    pub says: String,
    /// The titles of the texts that say so.
    pub sources: Vec<String>,
    /// What to say instead, in Markdown.
    pub instead: String,
}

impl Lesson {
    /// Reads an experiment's lesson.
    ///
    /// # Errors
    /// The file isn't there, isn't TOML, has an unknown key, or names a variant or claim that there isn't; the error
    /// tells file, line and the nearest known name.
    pub fn read(path: &Path, claims: &Claims) -> Result<Self> {
        let (lesson, text): (Self, _) = read_toml(path)?;
        lesson.validate(claims).map_err(|fault| fault.at(path, &text))?;
        Ok(lesson)
    }

    /// The words for a variant.
    pub fn label<'a>(&'a self, variant: &'a str) -> &'a str {
        label(&self.variants, variant)
    }

    /// The words for a metric.
    pub fn metric_label<'a>(&'a self, metric: &'a str) -> &'a str {
        label(&self.metrics, metric)
    }

    /// Whether a variant's values are computed, not measured.
    pub fn is_computed(&self, variant: &str) -> bool {
        self.variants.iter().any(|known| known.name == variant && known.computed)
    }

    /// Every `variant/parameter` or variant that charts name, and every point that claims name, must be of a known variant.
    fn validate(&self, claims: &Claims) -> Result<(), Fault> {
        once(self.variants.iter().map(|variant| &variant.name))?;
        once(self.metrics.iter().map(|metric| &metric.name))?;
        once(self.charts.iter().map(|chart| &chart.id))?;
        once(self.claims.iter().map(|claim| &claim.id))?;
        once(self.sessions.iter().map(|session| &session.name))?;
        once(self.predictions.iter().map(|prediction| &prediction.id))?;
        once(self.questions.iter().map(|question| &question.id))?;
        once(self.steppers.iter().map(|stepper| &stepper.id))?;
        if let Some(metric) = self.metrics.iter().find(|metric| metric.computed) {
            return Err(Fault::new(&metric.name, "only a variant can be `computed`"));
        }
        let variants: Vec<&str> = self.variants.iter().map(|variant| &variant.name[..]).collect();
        let known = |written: &str, variant: &str| match variants.contains(&variant) {
            true => Ok(()),
            false => Err(Fault::new(written, format!("no variant {variant:?}{}", nearest::hint(variant, &variants)))),
        };
        for chart in &self.charts {
            chart.validate()?;
            if chart.kind == Kind::Gantt && self.record.trace.is_empty() {
                let what =
                    "a gantt is drawn from a timeline; say which run it is of, as `[record] trace = \"ARGUMENTS\"`";
                return Err(Fault::new(&chart.id, what));
            }
            let each = if chart.kind == Kind::Dots { "point" } else { "series" };
            for written in chart.series.iter().chain(&chart.points) {
                let Some((_, variant, _)) = chart.parts(written) else {
                    let form = match (chart.kind, chart.metric.is_some()) {
                        (Kind::Dots, true) => "variant/parameter",
                        (Kind::Dots, false) => "metric/variant/parameter, or give the chart a `metric`",
                        (_, true) => "the name of a variant",
                        (_, false) => "metric/variant, or give the chart a `metric`",
                    };
                    return Err(Fault::new(&chart.id, format!("write the {each} {written:?} of this chart as {form}")));
                };
                known(written, variant)?;
            }
        }
        let ids: Vec<&str> = claims.claims.iter().map(|claim| &claim.id[..]).collect();
        for claim in &self.claims {
            if !ids.contains(&&claim.id[..]) {
                let hint = nearest::hint(&claim.id, &ids);
                return Err(Fault::new(&claim.id, format!("no claim {:?} in book/claims.toml{hint}", claim.id)));
            }
            match (&claim.opinion, claim.cases.is_empty()) {
                (None, false) => {}
                (Some(opinion), true) if !opinion.trim().is_empty() => {}
                _ => {
                    let what = "a claim needs at least one case to be judged by, or, with none, an `opinion` that says why \
                                there is nothing to judge";
                    return Err(Fault::new(&claim.id, what));
                }
            }
            for case in &claim.cases {
                if case.value.is_some() == case.ratio.is_some() || case.above.is_some() == case.below.is_some() {
                    return Err(Fault::new(
                        &case.says,
                        "a case takes either `value` or `ratio`, and either `above` or `below`",
                    ));
                }
                if !case.above.or(case.below).is_some_and(f64::is_finite) {
                    return Err(Fault::new(&case.says, "a case needs a threshold that is a number"));
                }
                for point in case.value.iter().chain(case.ratio.iter().flatten()) {
                    match point.splitn(3, '/').collect::<Vec<_>>()[..] {
                        [_, variant, _] => known(point, variant)?,
                        _ => return Err(Fault::new(point, "write a point as metric/variant/parameter")),
                    }
                }
            }
        }
        for session in &self.sessions {
            if session.command.contains("cargo run") && !session.command.contains("cargo run -p ") {
                return Err(Fault::new(
                    &session.name,
                    "write the command as `cargo run -p NAME`, so that its sources are known",
                ));
            }
        }
        Ok(())
    }
}

impl Chart {
    /// Each kind takes fields of its own, and no others.
    fn validate(&self) -> Result<(), Fault> {
        let fault = |what: &str| Err(Fault::new(&self.id, what));
        let (wants, others) = match self.kind {
            Kind::Dots => (&self.points, [&self.series, &self.groups]),
            Kind::Lines => (&self.series, [&self.points, &self.groups]),
            Kind::Gantt => (&self.groups, [&self.points, &self.series]),
        };
        if wants.is_empty() || others.iter().any(|other| !other.is_empty()) {
            return fault(
                "dots take `points`, lines take `series`, a gantt takes `groups`; give the one and not the others",
            );
        }
        match self.kind {
            Kind::Gantt if self.metric.is_some() || !self.over.is_empty() || self.scale != Scale::Linear => {
                fault("a gantt takes `groups` and `axis`, and no `metric`, `over` or `scale`: its axis is time")
            }
            Kind::Gantt => once(self.groups.iter()),
            Kind::Dots | Kind::Lines => Ok(()),
        }
    }

    /// The metric, variant and parameter that one of its series or points stands for; of a series, the parameter is empty.
    /// Nothing if it is written in another way.
    pub fn parts<'a>(&'a self, written: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
        let mut parts = written.split('/');
        let metric = self.metric.as_deref().or_else(|| parts.next())?;
        let variant = parts.next()?;
        let parameter = if self.kind == Kind::Dots { parts.next()? } else { "" };
        let is_whole = parts.next().is_none() && !metric.is_empty() && !variant.is_empty();
        is_whole.then_some((metric, variant, parameter))
    }
}

fn label<'a>(known: &'a [Named], name: &'a str) -> &'a str {
    known.iter().find(|known| known.name == name).map_or(name, |known| &known.label)
}

/// Names tell things apart.
fn once<'a>(mut names: impl Iterator<Item = &'a String>) -> Result<(), Fault> {
    let mut known = BTreeSet::new();
    match names.find(|name| !known.insert(*name)) {
        Some(name) => Err(Fault::new(name, format!("{name:?} stands twice; names tell things apart"))),
        None => Ok(()),
    }
}

impl Claims {
    /// Reads `book/claims.toml`.
    ///
    /// # Errors
    /// The file isn't there, isn't TOML, has an unknown key, or the same claim twice.
    pub fn read(path: &Path) -> Result<Self> {
        let (claims, text): (Self, _) = read_toml(path)?;
        once(claims.claims.iter().map(|claim| &claim.id)).map_err(|fault| fault.at(path, &text))?;
        Ok(claims)
    }
}

/// What is wrong in a lesson, and the name by which its line is found.
struct Fault {
    name: String,
    what: String,
}

impl Fault {
    fn new(name: &str, what: impl Into<String>) -> Self {
        Self { name: name.to_owned(), what: what.into() }
    }

    /// The fault with its file and the line that has its name.
    fn at(&self, path: &Path, text: &str) -> anyhow::Error {
        let line = text.lines().position(|line| line.contains(&format!("\"{}\"", self.name)));
        anyhow!("{}:{}: {}", path.display(), line.map_or(1, |line| line + 1), self.what)
    }
}

fn read_toml<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<(T, String)> {
    let text = match files::text(path) {
        Ok(text) => text,
        Err(error) => bail!("can't read {}: {error}", path.display()),
    };
    match toml::from_str(&text) {
        Ok(value) => Ok((value, text)),
        Err(error) => {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            bail!("{}:{line}: {}", path.display(), error.message().replace('\n', " "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{LESSON, claims};
    use std::fs;

    /// What to replace, with what, and what the complaint must contain.
    const FAULTS: &[(&str, &str, &str)] = &[
        ("asks = \"Is", "ask = \"Is", ":2: unknown field `ask`"),
        ("kind = \"lines\"", "kind = \"lined\"", "unknown variant `lined`"),
        ("series = [\"slow\", ", "series = [\"slwo\", ", ":19: no variant \"slwo\"; did you mean \"slow\"?"),
        ("points = [\"slow/2\"", "points = [\"slo/2\"", "did you mean \"slow\"?"),
        ("points = [\"slow/2\"", "points = [\"slow\"", "variant/parameter"),
        (
            "id = \"slow-loses\"",
            "id = \"slow-looses\"",
            ":31: no claim \"slow-looses\" in book/claims.toml; did you mean \"slow-loses\"?",
        ),
        ("value = \"lost/slow/2\"\nabove = 0", "value = \"lost/slow/2\"", "either `above` or `below`"),
        ("value = \"lost/slow/2\"", "value = \"lost-slow-2\"", "metric/variant/parameter"),
        ("opinion = \"*Nicer*", "opinion = \"\" #", ":53: a claim needs at least one case"),
        ("opinion = \"*Nicer*", "#", ":53: a claim needs at least one case"),
        ("id = \"fast-is-fast\"", "id = \"fast-is-fast\"\nopinion = \"Yes.\"", ":42: a claim needs at least one case"),
        ("id = \"lost\"", "id = \"cost\"", "\"cost\" stands twice"),
        ("series = [\"slow\", \"fast\"]", "points = [\"slow/1\"]", "lines take `series`"),
        ("groups = [\"opposite order\"", "series = [\"opposite order\"", "a gantt takes `groups`"),
        ("groups = [\"opposite order\"", "groups = [\"one order\"", "\"one order\" stands twice"),
        ("axis = \"time\"", "axis = \"time\"\nmetric = \"time\"", ":68: a gantt takes `groups` and `axis`"),
        ("axis = \"time\"", "axis = \"time\"\nscale = \"log\"", "no `metric`, `over` or `scale`"),
        ("trace = \"--workers 2\"", "", ":68: a gantt is drawn from a timeline"),
        ("metric = \"lost\"", "", ":23: write the point \"slow/2\" of this chart as metric/variant/parameter"),
        ("metric = \"time\"", "", ":13: write the series \"slow\" of this chart as metric/variant"),
        (
            "metric = \"time\"\naxis = \"time of one\"\nscale = \"log\"\nseries = [\"slow\"",
            "axis = \"\"\nseries = [\"time/slwo\"",
            "did you mean \"slow\"?",
        ),
        ("points = [\"slow/2\", ", "groups = [\"slow\"]\npoints = [\"slow/2\", ", "a gantt takes `groups`"),
        (
            "[[chart]]",
            "[[metric]]\nname = \"time\"\nlabel = \"Time\"\ncomputed = true\n[[chart]]",
            ":13: only a variant",
        ),
        ("[[session]]", "[[session]", ":"),
        ("cargo run -p example", "cargo run --package example", "`cargo run -p NAME`"),
        ("label = \"slow way\"", "", "missing field `label`"),
    ];

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_nearest_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lesson.toml");
        for (right, wrong, complaint) in FAULTS {
            assert!(LESSON.contains(right), "{right}");
            fs::write(&path, LESSON.replacen(right, wrong, 1)).unwrap();
            let error = format!("{:#}", Lesson::read(&path, &claims()).unwrap_err());
            assert!(error.contains("lesson.toml:") && error.contains(complaint), "{wrong}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
        fs::write(&path, LESSON).unwrap();
        assert_eq!(Lesson::read(&path, &claims()).unwrap().label("slow"), "slow way");
    }
}
