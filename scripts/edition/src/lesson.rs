//! `lesson.toml`: what a chapter draws, judges and asks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Error, Result};
use base::nearest;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use crate::located::Fault;
use crate::located::Source;
use crate::prediction::Prediction;

/// An experiment's lesson.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The chapter's title, as its first heading has it.
    #[serde(default)]
    pub title: String,
    /// What the page is about, without the answer: a sentence for a reader who is sent a link to it.
    #[serde(default)]
    pub description: String,
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
    /// The metrics that the book shows, each of one quantity. What isn't listed is not recorded.
    #[serde(default, rename = "metric")]
    pub metrics: Vec<Metric>,
    /// What to draw.
    #[serde(skip)]
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
    /// Code that the chapter shows in several ways beside each other.
    #[serde(default, rename = "listing")]
    pub listings: Vec<Listing>,
    /// What the reader steps through.
    #[serde(default, rename = "stepper")]
    pub steppers: Vec<Stepper>,
    /// Mechanisms that the reader works, of which the book knows the rules.
    #[serde(default, rename = "model")]
    pub models: Vec<Model>,
    /// What the reader's own browser runs, below the chart that the chapter opens with; nothing where it can't.
    #[serde(rename = "run-here")]
    pub run_here: Option<RunHere>,
    #[serde(skip)]
    source: Source,
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
    /// Of this many runs that are asked for, one is made, where a run takes seconds; 1 if it isn't given.
    pub one_in: Option<std::num::NonZeroU32>,
    /// The fewest and the most workers that the experiment takes, where it doesn't take any number of them.
    pub workers: Option<[usize; 2]>,
}

/// A variant, and its label.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its name in the crate.
    pub name: String,
    /// What charts and tables call it.
    pub label: String,
    /// What it is, which gives it its colour in every chart; none if it's neither of these.
    pub role: Option<Role>,
}

/// What a variant is, as far as charts tell it by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Threads of one process.
    Thread,
    /// Processes.
    Process,
    /// Tasks on an asynchronous runtime.
    Async,
    /// One thread with nobody beside it: what others are compared with.
    Alone,
    /// Its values are computed from others, not measured.
    Computed,
}

impl Role {
    /// Its name, for style sheets.
    pub fn class(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Process => "process",
            Self::Async => "async",
            Self::Alone => "alone",
            Self::Computed => "computed",
        }
    }

    /// What has this role, in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Thread => "threads",
            Self::Process => "processes",
            Self::Async => "asynchronous tasks",
            Self::Alone => "one thread alone",
            Self::Computed => "computed, not measured",
        }
    }
}

/// A metric, and the quantity that it is the number of. A quantity has one metric that the book shows; what measures it besides,
/// such as a program's own table, says so.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its name in the crate; `time` is criterion's.
    pub name: String,
    /// What charts and tables call it: its quantity, in words.
    pub label: String,
    /// What it is divided by, if it is the cost of one of something: what that is, and then whose: `addition by each worker`.
    pub per: Option<String>,
    /// Its quantity is that of another metric, which the book shows instead; this one stands in programs' output only.
    pub same_as: Option<String>,
    /// At some parameters its quantity is another metric's, at another parameter: `{ "1" = "time/free" }`.
    #[serde(default)]
    pub same_at: BTreeMap<String, String>,
    /// It is the ratio of two points of this metric, paired run by run, so no ratio of theirs is shown.
    pub ratio_of: Option<String>,
    /// Metrics that come near it and are of another quantity, and what tells them apart.
    #[serde(default)]
    pub unlike: BTreeMap<String, String>,
}

/// A chart. Beside what stands here it has the fields of its kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// Its name in directives.
    pub id: String,
    /// The name of its kind: how it is drawn, and from what.
    pub kind: String,
    /// What is measured, of whom and in what: the line below the title. Unit and scale are added where ticks don't tell them.
    #[serde(deserialize_with = "drawn")]
    pub shows: String,
    /// What one should see: the first that is true in an edition is the chart's title there.
    #[serde(default, rename = "finding")]
    pub findings: Vec<ChartFinding>,
    /// Values that the text speaks of: each is a line in the drawing.
    #[serde(default, rename = "reference")]
    pub references: Vec<Reference>,
    /// The fields of its kind, as they are written ([`Lesson::fields`] reads them).
    #[serde(skip)]
    pub fields: toml::Table,
    /// Its number among the charts.
    #[serde(skip)]
    number: usize,
}

/// Words that are drawn: what stands in backticks, as a parameter does in Markdown, stands without.
fn drawn<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(String::deserialize(deserializer)?.replace('`', ""))
}

/// What a chart shows, as a sentence, and when it is true.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartFinding {
    /// The sentence, with directives where numbers are.
    #[serde(deserialize_with = "drawn")]
    pub says: String,
    /// It is true if all of these hold.
    pub when: Vec<Condition>,
}

/// A value that a chart draws as a line, with its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The value, in the unit of the axis.
    pub at: Option<f64>,
    /// Or the point that has it; where it differs between editions, each has a line of its own.
    pub point: Option<String>,
    /// The axis that it lies on: `over` is the parameter's, `x` and `y` those of a scatter, a metric that of its column; without it, it is that of the values.
    pub axis: Option<String>,
    /// Its name, in a few words.
    #[serde(deserialize_with = "drawn")]
    pub says: String,
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
    pub conditions: Vec<Condition>,
    /// Instead of them: why there is nothing to judge, in Markdown.
    pub opinion: Option<String>,
}

/// One case of a claim, or what must hold for a finding: a value, or a ratio of two, lies above or below a threshold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The case in words: `on threads`. A finding's own words say it.
    #[serde(default)]
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
    /// Why its numbers are no typical ones, where it shows a case of its own: they aren't compared with the recording then.
    pub unlike: Option<String>,
    /// What it shows, in a line: the session is folded behind it.
    pub says: Option<String>,
    /// Keep the lines from the first that contains this,
    pub from: Option<String>,
    /// to the first after it that contains this.
    pub to: Option<String>,
}

/// The same thing in several ways, such as broken and repaired.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Its name in directives.
    pub id: String,
    /// The ways, in order.
    #[serde(rename = "tab")]
    pub tabs: Vec<Tab>,
    /// Where the same stands in Python, as in [`Tab::file`]: a second tab, beside all the others.
    pub python: Option<String>,
}

/// One way of a listing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tab {
    /// What it is, in a few words: `Broken: two steps`.
    pub says: String,
    /// Where the code is: a file below the project's root, and an anchor in it, `src/lib.rs:threads`.
    pub file: String,
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
    /// What people answer instead.
    #[serde(default)]
    pub wrong: Vec<Wrong>,
}

/// An answer that people give, and that isn't one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    /// The answer, in a few words.
    pub says: String,
    /// What it overlooks, in Markdown.
    pub but: String,
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
    /// What the interleavings do that end as the challenge asks for, behind *18 of them*.
    pub which: String,
    /// The program with its mistake repaired. The reader can switch to it; without it, to two memories.
    pub repaired: Option<Repaired>,
}

/// A stepper's second program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repaired {
    /// What the buttons call the broken program and this one.
    pub names: [String; 2],
    /// Its steps.
    pub program: String,
}

/// A mechanism that the reader works, with the rules of the book's own model of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name in directives.
    pub id: String,
    /// What it is a model of.
    pub kind: ModelKind,
    /// What a screen reader calls it.
    pub label: String,
}

/// What there are models of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// A cache line, and two cores that write to it.
    CacheLine,
    /// The pages of a process and its forked child.
    Pages,
    /// A global interpreter lock, threads that compute, and one that wakes.
    Gil,
}

fn once_over() -> usize {
    1
}

/// What the reader's own browser runs: the experiment's `page/run.js`, whose results stand beside those of all editions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunHere {
    /// What is run, and how long that takes, in a sentence beside the button.
    pub about: String,
    /// What is measured, in the head of the table.
    pub shows: String,
    /// The buttons, if there are several; otherwise it's one, *Run it in this browser*.
    #[serde(default, rename = "button")]
    pub buttons: Vec<RunButton>,
    /// The rows of the table.
    #[serde(default, rename = "row")]
    pub rows: Vec<RunRow>,
}

/// A button that runs something in the reader's browser.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunButton {
    /// Its name in `page/run.js`.
    pub id: String,
    /// Its label.
    pub says: String,
}

/// A value that the reader's browser measures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRow {
    /// Its name in `page/run.js`.
    pub id: String,
    /// What it is of.
    pub label: String,
    /// What our machines recorded of the same; where the chapter's first chart has this point, the browser's value is marked beside it.
    pub point: Option<String>,
    /// The unit, if no point tells it.
    pub unit: Option<String>,
    /// It is measured only where memory can't be shared, and not shown elsewhere.
    #[serde(default)]
    pub apart: bool,
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
    /// The texts that say so.
    pub said: Vec<Said>,
    /// How we read them, where they can be read in another way, in Markdown.
    pub reading: Option<String>,
    /// In which cases it must hold, if its words say so.
    pub holds_if: Option<Quantifier>,
    /// What it depends on where some cases hold and some fail, if its words don't say in which it must: the end of the sentence
    /// that begins with *depends on*, in Markdown.
    pub depends_on: Option<String>,
    /// What to say instead, in Markdown.
    pub instead: String,
}

/// What a text says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The text's title.
    pub by: String,
    /// What makes the claim, word for word.
    pub words: String,
}

/// The word in a claim that says in which cases it must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quantifier {
    /// One that fails refutes it.
    Every,
    /// One that holds proves it.
    Some,
}

/// Of which cases a claim speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of every one.
    Every,
    /// Of at least one.
    Some,
    /// Of cases as a rule: where they part, it depends.
    Rule,
}

impl ClaimText {
    /// Of which cases it speaks.
    pub fn scope(&self) -> Scope {
        match self.holds_if {
            Some(Quantifier::Every) => Scope::Every,
            Some(Quantifier::Some) => Scope::Some,
            None => Scope::Rule,
        }
    }
}

impl Lesson {
    /// Reads an experiment's lesson.
    ///
    /// # Errors
    /// The file isn't there, isn't TOML, has an unknown key, or names a variant or claim that there isn't; the error
    /// tells file, line and the nearest known name. Whether a chart has the fields of its kind, the kinds say.
    pub fn read(path: &Path, claims: &Claims) -> Result<Self> {
        Self::of(Source::read(path)?, claims)
    }

    /// The same from a text.
    ///
    /// # Errors
    /// As for [`Lesson::read`], but the error tells no file.
    pub fn parse(text: &str, claims: &Claims) -> Result<Self> {
        Self::of(Source::of(text), claims)
    }

    fn of(source: Source, claims: &Claims) -> Result<Self> {
        let lesson = parse(&source.text).and_then(|lesson| lesson.validate(claims).map(|()| lesson));
        let lesson = lesson.map_err(|fault| source.tell(&fault))?;
        Ok(Self { source, ..lesson })
    }

    /// The words for a variant.
    pub fn label<'a>(&'a self, variant: &'a str) -> &'a str {
        self.variants.iter().find(|known| known.name == variant).map_or(variant, |known| &known.label)
    }

    /// The words for a metric.
    pub fn metric_label<'a>(&'a self, metric: &'a str) -> &'a str {
        self.metric(metric).map_or(metric, |known| &known.label)
    }

    /// A metric by its name, if it is listed.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|known| known.name == name)
    }

    /// The metric and the parameter that stand for a quantity in the whole book; nothing if the metric isn't listed.
    pub fn quantity<'a>(&'a self, metric: &str, parameter: &'a str) -> Option<(&'a str, &'a str)> {
        let known = self.metric(metric)?;
        let (metric, parameter) = match known.same_at.get(parameter) {
            Some(same) => same.split_once('/')?,
            None => (&known.name[..], parameter),
        };
        let known = self.metric(metric)?;
        Some((known.same_as.as_deref().unwrap_or(&known.name), parameter))
    }

    /// Whether this metric at this parameter is what the book shows for its quantity.
    ///
    /// # Errors
    /// It isn't listed, or another metric is; the error names that one.
    pub fn shows(&self, metric: &str, parameter: &str) -> Result<(), String> {
        match self.quantity(metric, parameter) {
            Some(shown) if shown == (metric, parameter) => Ok(()),
            Some((shown, at)) => {
                let at = if at == parameter { "" } else { &format!(" at {at:?}") };
                Err(format!(
                    "{metric:?} measures what {shown:?}{at} does, and a quantity has one number: show that one"
                ))
            }
            None => {
                let known: Vec<&str> = self.metrics.iter().map(|metric| &metric.name[..]).collect();
                let hint = nearest::hint(metric, &known);
                Err(format!("no metric {metric:?}{hint}; list it, and say what it measures"))
            }
        }
    }

    /// Whether a variant's values are computed, not measured.
    pub fn is_computed(&self, variant: &str) -> bool {
        self.role(variant) == Some(Role::Computed)
    }

    /// What a variant is.
    pub fn role(&self, variant: &str) -> Option<Role> {
        self.variants.iter().find(|known| known.name == variant)?.role
    }

    /// The fields that a chart has by its kind.
    ///
    /// # Errors
    /// One is missing, unknown, or of another type.
    pub fn fields<T: DeserializeOwned>(&self, chart: &Chart) -> Result<T, Fault> {
        T::deserialize(chart.fields.clone()).map_err(|error| {
            // Only the text tells where.
            let own =
                split(&self.source.text).ok().and_then(|(_, charts)| Some(charts.into_iter().nth(chart.number)?.1));
            let exact = own.and_then(|own| T::deserialize(own.into_deserializer()).err());
            exact.map_or_else(|| chart.fault("kind", error.message()), Fault::from)
        })
    }

    /// What is wrong in this lesson, in one line with its file and line.
    pub fn tell(&self, fault: &Fault) -> Error {
        self.source.tell(fault)
    }

    /// The line of what is wrong in this lesson, from 1.
    pub fn line(&self, fault: &Fault) -> usize {
        self.source.line(fault)
    }

    /// Whether there is a variant of this name.
    ///
    /// # Errors
    /// There is none; the error proposes the nearest.
    pub fn knows(&self, variant: &str) -> Result<(), String> {
        let variants: Vec<&str> = self.variants.iter().map(|variant| &variant.name[..]).collect();
        match variants.contains(&variant) {
            true => Ok(()),
            false => Err(format!("no variant {variant:?}{}", nearest::hint(variant, &variants))),
        }
    }

    /// Whether a point, `metric/variant/parameter`, may be judged: its variant is known, and its metric shown.
    ///
    /// # Errors
    /// It isn't; the error proposes the nearest.
    pub(crate) fn knows_point(&self, point: &str) -> Result<(), String> {
        match point.splitn(3, '/').collect::<Vec<_>>()[..] {
            [metric, variant, parameter] => self.knows(variant).and_then(|()| self.shows(metric, parameter)),
            _ => Err("write a point as metric/variant/parameter".to_owned()),
        }
    }

    /// Names tell things apart, and a claim is one of book/claims.toml, with conditions that can be judged.
    fn validate(&self, claims: &Claims) -> Result<(), Fault> {
        once("variant", "name", self.variants.iter().map(|variant| &variant.name))?;
        once("metric", "name", self.metrics.iter().map(|metric| &metric.name))?;
        once("chart", "id", self.charts.iter().map(|chart| &chart.id))?;
        once("claim", "id", self.claims.iter().map(|claim| &claim.id))?;
        once("session", "name", self.sessions.iter().map(|session| &session.name))?;
        once("prediction", "id", self.predictions.iter().map(|prediction| &prediction.id))?;
        once("question", "id", self.questions.iter().map(|question| &question.id))?;
        once("listing", "id", self.listings.iter().map(|listing| &listing.id))?;
        once("stepper", "id", self.steppers.iter().map(|stepper| &stepper.id))?;
        once("model", "id", self.models.iter().map(|model| &model.id))?;
        if let Some(run_here) = &self.run_here {
            run_here.validate(self).map_err(|fault| fault.within("run-here"))?;
        }
        for (number, variant) in self.variants.iter().enumerate() {
            variant.validate().map_err(|what| Fault::new(format!("variant.{number}.name"), what))?;
        }
        for chart in &self.charts {
            chart.validate(self)?;
        }
        for (number, metric) in self.metrics.iter().enumerate() {
            metric.validate(self).map_err(|fault| fault.within(&format!("metric.{number}")))?;
        }
        for (number, claim) in self.claims.iter().enumerate() {
            claim.validate(self, claims).map_err(|fault| fault.within(&format!("claim.{number}")))?;
        }
        for (number, prediction) in self.predictions.iter().enumerate() {
            prediction.validate(self).map_err(|fault| fault.within(&format!("prediction.{number}")))?;
        }
        for (number, session) in self.sessions.iter().enumerate() {
            if session.command.contains("cargo run") && !session.command.contains("cargo run -p ") {
                let what = "write the command as `cargo run -p NAME`, so that its sources are known";
                return Err(Fault::new(format!("session.{number}.command"), what));
            }
        }
        Ok(())
    }
}

impl RunHere {
    fn validate(&self, lesson: &Lesson) -> Result<(), Fault> {
        once("button", "id", self.buttons.iter().map(|button| &button.id))?;
        once("row", "id", self.rows.iter().map(|row| &row.id))?;
        for (number, row) in self.rows.iter().enumerate() {
            let fault = |field: &str, what: String| Fault::new(format!("row.{number}.{field}"), what);
            match (&row.point, &row.unit) {
                (Some(point), None) => lesson.knows_point(point).map_err(|what| fault("point", what))?,
                (None, Some(_)) => {}
                _ => return Err(fault("id", "a row has either a `point` or a `unit`".to_owned())),
            }
        }
        Ok(())
    }
}

impl Metric {
    fn validate(&self, lesson: &Lesson) -> Result<(), Fault> {
        let known: Vec<&str> = lesson.metrics.iter().map(|metric| &metric.name[..]).collect();
        let named = |field: &str, name: &str| match lesson.metric(name) {
            Some(other) if other.name != self.name && other.same_as.is_none() => Ok(()),
            Some(_) => Err(Fault::new(field, format!("{name:?} is no other metric that the book shows"))),
            None => Err(Fault::new(field, format!("no metric {name:?}{}", nearest::hint(name, &known)))),
        };
        self.same_as.iter().try_for_each(|name| named("same_as", name))?;
        self.ratio_of.iter().try_for_each(|name| named("ratio_of", name))?;
        for same in self.same_at.values() {
            let (metric, _) = same.split_once('/').unwrap_or_default();
            named("same_at", metric)?;
        }
        let twin = lesson.metrics.iter().find(|other| other.name != self.name && other.label == self.label);
        match twin.filter(|twin| [&self.same_as, &twin.same_as].iter().all(|same| same.is_none())) {
            Some(twin) => {
                let what = format!(
                    "{:?} is {:?} as well: one of two says `same_as`, or they have other labels",
                    self.label, twin.name
                );
                Err(Fault::new("label", what))
            }
            None => Ok(()),
        }
    }
}

impl Named {
    /// A name that speaks of threads or of processes, and the role, say the same.
    fn validate(&self) -> Result<(), String> {
        let speaks_of = |words: [&str; 2]| self.name.split('-').any(|word| words.contains(&word));
        let (of_threads, of_processes) = (speaks_of(["thread", "threads"]), speaks_of(["process", "processes"]));
        let allowed: &[Role] = match (of_threads, of_processes) {
            (false, false) | (true, true) => return Ok(()),
            (true, false) => &[Role::Thread, Role::Alone, Role::Async, Role::Computed],
            (false, true) => &[Role::Process, Role::Computed],
        };
        match self.role.is_some_and(|role| allowed.contains(&role)) {
            true => Ok(()),
            false => {
                Err(format!("{:?} has its name's colour in every chart: `role = {:?}`", self.name, allowed[0].class()))
            }
        }
    }
}

impl Chart {
    fn validate(&self, lesson: &Lesson) -> Result<(), Fault> {
        if self.findings.is_empty() {
            return Err(self.fault("id", "a chart's title is what it shows: give it a [[chart.finding]]"));
        }
        for (number, finding) in self.findings.iter().enumerate() {
            let within = |fault: Fault| fault.within(&format!("chart.{}.finding.{number}", self.number));
            if finding.when.is_empty() {
                return Err(within(Fault::new("says", "say in `when` under which condition it is true")));
            }
            // What is yes or no, and judged at one half, has no number to tell.
            let is_yes_or_no = finding.when.iter().all(|condition| condition.above.or(condition.below) == Some(0.5));
            if !is_yes_or_no && !finding.says.contains("{{#value") && !finding.says.contains("{{#ratio") {
                return Err(within(Fault::new(
                    "says",
                    "a finding tells a number: write one as {{#value …}} or {{#ratio …}}",
                )));
            }
            for (number, condition) in finding.when.iter().enumerate() {
                condition.validate(lesson).map_err(|fault| within(fault.within(&format!("when.{number}"))))?;
            }
        }
        for (number, reference) in self.references.iter().enumerate() {
            if reference.at.is_some() == reference.point.is_some() {
                return Err(self.fault(
                    &format!("reference.{number}.says"),
                    "a reference has a value `at` which it lies, or a `point`",
                ));
            }
        }
        Ok(())
    }

    /// What is wrong with one of its fields.
    pub fn fault(&self, field: &str, what: impl Into<String>) -> Fault {
        Fault::new(format!("chart.{}.{field}", self.number), what)
    }
}

impl Claim {
    fn validate(&self, lesson: &Lesson, claims: &Claims) -> Result<(), Fault> {
        let Some(text) = claims.claims.iter().find(|claim| claim.id == self.id) else {
            let ids: Vec<&str> = claims.claims.iter().map(|claim| &claim.id[..]).collect();
            let hint = nearest::hint(&self.id, &ids);
            return Err(Fault::new("id", format!("no claim {:?} in book/claims.toml{hint}", self.id)));
        };
        if !self.conditions.is_empty() && text.holds_if.is_none() && text.depends_on.is_none() {
            let what = "say in book/claims.toml of which cases it speaks: `holds_if = \"every\"`, `holds_if = \"some\"`, or, where \
                        its words leave that open, what it `depends_on` where cases part";
            return Err(Fault::new("id", what));
        }
        match (&self.opinion, self.conditions.is_empty()) {
            (None, false) => {}
            (Some(opinion), true) if !opinion.trim().is_empty() => {}
            _ => {
                let what = "a claim needs at least one case to be judged by, or, with none, an `opinion` that says why \
                            there is nothing to judge";
                return Err(Fault::new("id", what));
            }
        }
        for (number, condition) in self.conditions.iter().enumerate() {
            if condition.says.trim().is_empty() {
                return Err(Fault::new(format!("case.{number}"), "a case `says` in words what it is"));
            }
            condition.validate(lesson).map_err(|fault| fault.within(&format!("case.{number}")))?;
        }
        Ok(())
    }
}

impl Condition {
    /// The points that it compares, `metric/variant/parameter`, each with its place.
    pub fn points(&self) -> impl Iterator<Item = (String, &String)> {
        let value = self.value.iter().map(|point| ("value".to_owned(), point));
        let ratio = self.ratio.iter().flatten().enumerate();
        value.chain(ratio.map(|(number, point)| (format!("ratio.{number}"), point)))
    }

    fn validate(&self, lesson: &Lesson) -> Result<(), Fault> {
        if self.value.is_some() == self.ratio.is_some() || self.above.is_some() == self.below.is_some() {
            let what = "a case takes either `value` or `ratio`, and either `above` or `below`";
            return Err(Fault::new("says", what));
        }
        if !self.above.or(self.below).is_some_and(f64::is_finite) {
            return Err(Fault::new("says", "a case needs a threshold that is a number"));
        }
        for (place, point) in self.points() {
            lesson.knows_point(point).map_err(|what| Fault::new(place, what))?;
        }
        Ok(())
    }
}

type Table<'a> = Spanned<DeValue<'a>>;

/// A lesson's table without its charts, and of each chart what every one has and the fields of its kind.
fn split(text: &str) -> Result<(Table<'_>, Vec<(Table<'_>, Table<'_>)>), Fault> {
    let root = DeTable::parse(text)?;
    let (span, mut root) = (root.span(), root.into_inner());
    let mut charts = Vec::new();
    let written = match root.remove("chart").map(Spanned::into_inner) {
        Some(DeValue::Array(written)) => written,
        Some(_) => return Err(Fault::new("chart", "write each chart below a [[chart]]")),
        None => return Ok((Spanned::new(span, DeValue::Table(root)), charts)),
    };
    for (number, chart) in written.into_iter().enumerate() {
        let (span, DeValue::Table(chart)) = (chart.span(), chart.into_inner()) else {
            return Err(Fault::new(format!("chart.{number}"), "write each chart below a [[chart]]"));
        };
        let (every, own) = chart
            .into_iter()
            .partition(|(key, _)| matches!(&key.get_ref()[..], "id" | "kind" | "shows" | "finding" | "reference"));
        charts.push((Spanned::new(span.clone(), DeValue::Table(every)), Spanned::new(span, DeValue::Table(own))));
    }
    Ok((Spanned::new(span, DeValue::Table(root)), charts))
}

fn parse(text: &str) -> Result<Lesson, Fault> {
    let (root, charts) = split(text)?;
    let mut lesson = Lesson::deserialize(root.into_deserializer())?;
    for (number, (every, own)) in charts.into_iter().enumerate() {
        let fields = toml::Table::deserialize(own.into_deserializer())?;
        lesson.charts.push(Chart { fields, number, ..Chart::deserialize(every.into_deserializer())? });
    }
    Ok(lesson)
}

/// Names tell things apart.
fn once<'a>(table: &str, key: &str, names: impl Iterator<Item = &'a String>) -> Result<(), Fault> {
    let mut known = BTreeSet::new();
    match names.enumerate().find(|(_, name)| !known.insert(*name)) {
        Some((number, name)) => {
            let what = format!("{name:?} stands twice; names tell things apart");
            Err(Fault::new(format!("{table}.{number}.{key}"), what))
        }
        None => Ok(()),
    }
}

impl Claims {
    /// Reads `book/claims.toml`.
    ///
    /// # Errors
    /// The file isn't there, isn't TOML, has an unknown key, or the same claim twice.
    pub fn read(path: &Path) -> Result<Self> {
        let source = Source::read(path)?;
        let read = || -> Result<Self, Fault> {
            let claims: Self = toml::from_str(&source.text)?;
            once("claim", "id", claims.claims.iter().map(|claim| &claim.id))?;
            if let Some(number) =
                claims.claims.iter().position(|claim| claim.holds_if.is_some() && claim.depends_on.is_some())
            {
                let what = "a claim of `every` or `some` case doesn't depend: take out `holds_if` or `depends_on`";
                return Err(Fault::new(format!("claim.{number}.depends_on"), what));
            }
            Ok(claims)
        };
        read().map_err(|fault| source.tell(&fault))
    }
}

#[cfg(test)]
mod tests {
    use crate::example::{assert_told, lesson};

    /// What to replace, with what, and what the complaint must contain.
    const FAULTS: &[(&str, &str, &str)] = &[
        ("asks = \"Is", "ask = \"Is", ":2: unknown field `ask`"),
        ("shows = \"Cost of one step\"", "", ":12: missing field `shows`"),
        ("shows = \"Cost of one step\"", "shows = 7", ":15: invalid type: integer `7`, expected a string"),
        ("id = \"lost\"", "id = \"cost\"", ":25: \"cost\" stands twice"),
        (
            "id = \"slow-loses\"",
            "id = \"slow-looses\"",
            ":38: no claim \"slow-looses\" in book/claims.toml; did you mean \"slow-loses\"?",
        ),
        ("value = \"lost/slow/2\"\nabove = 0", "value = \"lost/slow/2\"", ":40: a case takes either `value`"),
        ("value = \"lost/slow/2\"", "value = \"lost-slow-2\"", ":32: write a point as metric/variant/parameter"),
        ("value = \"lost/fast/2\"", "value = \"lost/fats/2\"", ":35: no variant \"fats\"; did you mean \"fast\"?"),
        ("\"time/fast/1\"]", "\n\"time/fats/1\"]", ":53: no variant \"fats\"; did you mean \"fast\"?"),
        ("opinion = \"*Nicer", "opinion = \"\" #", ":60: a claim needs at least one case"),
        ("opinion = \"*Nicer", "#", ":60: a claim needs at least one case"),
        ("id = \"fast-is-fast\"", "id = \"fast-is-fast\"\nopinion = \"Yes.\"", ":49: a claim needs at least one case"),
        ("name = \"own-time\"", "name = \"own-time\"\ncomputed = true", ": unknown field `computed`"),
        ("same_as = \"time\"", "same_as = \"tme\"", ": no metric \"tme\"; did you mean \"time\"?"),
        ("same_as = \"time\"", "same_as = \"own-time\"", ": \"own-time\" is no other metric that the book shows"),
        ("same_as = \"time\"", "label = \"cost of one\" #", ": duplicate key"),
        ("label = \"updates lost\"", "label = \"cost of one\"", ": \"cost of one\" is \"lost\" as well"),
        ("value = \"lost/slow/2\"", "value = \"lots/slow/2\"", ": no metric \"lots\"; did you mean \"lost\"?"),
        ("\"time/fast/1\"]", "\"own-time/fast/1\"]", ": \"own-time\" measures what \"time\" does"),
        ("\"time/fast/1\"]", "\"at-once/fast/1\"]", ": \"at-once\" measures what \"time\" at \"2\" does"),
        ("[[session]]", "[[session]", ":"),
        ("cargo run -p example", "cargo run --package example", ":57: write the command as `cargo run -p NAME`"),
        ("label = \"slow way\"", "", ":5: missing field `label`"),
        ("label = \"slow way\"", "label = \"slow way\"\nrole = \"threads\"", ": unknown variant `threads`"),
        ("name = \"slow\"\nlabel", "name = \"slow-threads\"\nlabel", ": \"slow-threads\" has its name's colour"),
        ("says = \"The slow way loses {{#value lost/slow/2}}\"", "says = \"It loses\"", ": a finding tells a number"),
        ("when = [{ value = \"time/slow/2\", above = 0 }]", "when = []", ": say in `when`"),
        ("[record]", "[[chart]]\n[chart.0]\n[record]", ":"),
    ];

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_the_nearest_name() {
        assert_told(FAULTS, |_| Ok(()));
        assert_eq!(lesson().label("slow"), "slow way");
    }
}
