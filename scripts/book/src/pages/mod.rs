//! What `{{#…}}` in a chapter stands for.
//!
//! | directive | what it becomes |
//! | --- | --- |
//! | `{{#figure CHART}}` | the chart, for every edition that has its data |
//! | `{{#value POINT}}` | a measured value |
//! | `{{#ratio POINT POINT as long}}` | the first divided by the second, with its interval; the words behind it are free |
//! | `{{#interpreter POINT}}` | the interpreter that ran it, with its version |
//! | `{{#verdict CLAIM}}` | the claim and its verdict in every edition, its cases drawn |
//! | `{{#claims}}`, `{{#tally}}` | all claims, each with its verdict over all chapters; the same as squares that lead there |
//! | `{{#session NAME}}` | a command and what it printed |
//! | `{{#listing ID}}` | code in several ways, beside each other where there is room |
//! | `{{#predict ID}}`, `{{#predicted ID}}` | a prediction and its answer, folded; its result, beside the reader's guess |
//! | `{{#opening ID}}` | the same below a question on the page, with the prediction's chart in the answer |
//! | `{{#question ID}}` | a question and its answer |
//! | `{{#stepper ID}}` | a program to step through |
//! | `{{#model ID}}` | a mechanism to work: a cache line, copy-on-write pages, a lock |
//! | `{{#machine}}`, `{{#editions}}` | the machine of the recording; a table of all editions |
//! | `{{#comparison}}` | our figures beside those of other tools |
//! | `{{#choosing}}` | the questions of `book/choosing.toml`, clicked through or as a table |
//! | `{{#experiments}}`, `{{#minutes}}` | the chapters as cards; how long this page takes to read |
//!
//! A point is `metric/variant/parameter`. On a page that is not an experiment's own, `slug:` goes before a name. A
//! backslash before the braces keeps a directive as it is written.

mod choosing;
mod claims;
mod comparison;
mod front;
mod listing;
pub mod machines;
mod minutes;
mod prediction;
mod run_here;
mod session;
mod tables;
mod verdict;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use charts::directives::{Problem, Scope, find, unknown};
use charts::html::Html;
use charts::kind::Asked;
use charts::{figure, html};
use edition::{NotRecorded, Project};

use self::claims::inline;

/// Replaces every directive of ours in a page of `book/src`; `page` is its path there.
///
/// # Errors
/// All that is wrong with the page's directives, in order.
pub fn expand(project: &Project, page: &Path, text: &str) -> Result<String, Vec<Problem>> {
    let own = page.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let scope = Scope { project, own: project.lessons.contains_key(&own).then_some(own) };
    let page = Page { scope, explained: RefCell::default(), minutes: minutes::of(text) };
    page.expand(text).map(|text| tables::labelled(&text))
}

/// A page, or a text of a lesson that stands in one.
struct Page<'a> {
    scope: Scope<'a>,
    /// What its charts and verdicts have told of their marks.
    explained: RefCell<BTreeSet<&'static str>>,
    /// How long it takes to read.
    minutes: usize,
}

impl Page<'_> {
    fn expand(&self, text: &str) -> Result<String, Vec<Problem>> {
        self.scope.expand(text, &|name, words| self.directive(name, words))
    }

    fn directive(&self, name: &str, words: &[&str]) -> Result<String> {
        if let Some(number) = self.scope.number(name, words) {
            return Ok(number?.html().into());
        }
        match (name, words) {
            ("figure", [chart]) => self.figure(chart).map(String::from),
            ("interpreter", [point]) => Ok(html!("{}", self.scope.interpreter(point, 0)?).into()),
            ("verdict", [claim]) => self.verdict(claim).map(String::from),
            ("session", [session]) => self.session(session).map(String::from),
            ("predict", [id]) => self.predict(id).map(String::from),
            ("predicted", [id]) => self.predicted(id).map(String::from),
            ("opening", [id]) => self.opening(id).map(String::from),
            ("question", [id]) => self.question(id),
            ("listing", [id]) => self.listing(id).map(String::from),
            ("stepper", [id]) => self.stepper(id),
            ("model", [id]) => self.model(id),
            ("machine", []) => self.machine().map(String::from),
            ("editions", []) => Ok(front::editions(self.scope.project)),
            ("claims", []) => claims::html(self.scope.project).map(String::from),
            ("tally", []) => claims::tally(self.scope.project).map(String::from),
            ("comparison", []) => Ok(comparison::html(&self.scope.project.editions)),
            ("experiments", []) => Ok(front::cards(self.scope.project).into()),
            ("choosing", []) => self.choosing().map(String::from),
            ("minutes", []) => Ok(minutes::html(self.minutes).into()),
            _ => Err(unknown(name, words)),
        }
    }

    fn figure(&self, name: &str) -> Result<Html> {
        let (slug, lesson, id) = self.scope.resolve(name)?;
        let chart = find(&lesson.charts, id, "chart", |chart| &chart.id)?;
        self.scope.project.main_edition()?;
        figure::html(self.scope.project, &Asked { slug: &slug, lesson, chart }, &self.explained)
    }

    fn verdict(&self, name: &str) -> Result<Html> {
        let (slug, lesson, id) = self.scope.resolve(name)?;
        let claim = find(&lesson.claims, id, "claim", |claim| &claim.id)?;
        let text = find(&self.scope.project.claims.claims, id, "claim in book/claims.toml", |claim| &claim.id)?;
        let judged = match &claim.opinion {
            Some(opinion) => {
                let why = inline(&self.nested(&slug, "opinion", opinion)?);
                html!("<p><strong class=\"word opinion\">nothing to judge:</strong> {}</p>", why)
            }
            None => verdict::html(self.scope.project, &slug, text),
        };
        let is_drawn = judged.as_str().contains("<i ");
        let explains = is_drawn && self.explained.borrow_mut().insert(verdict::EXPLAINED);
        let explained = if explains { html!("\n<p class=\"on\">{}</p>", verdict::EXPLAINED) } else { Html::default() };
        Ok(html!(
            "<div class=\"verdict\">\n<p class=\"claim\"><q>{}</q> <small>(our words, after {})</small></p>\n{}{}\n</div>",
            text.says,
            text.said.iter().map(|said| &*said.by).collect::<Vec<_>>().join("; "),
            judged,
            explained
        ))
    }

    fn session(&self, name: &str) -> Result<Html> {
        let (slug, lesson, id) = self.scope.resolve(name)?;
        let spec = find(&lesson.sessions, id, "session", |session| &session.name)?;
        let main = self.scope.project.main_edition()?;
        let session = main.recordings.get(&slug).and_then(|recording| recording.sessions.iter().find(|s| s.name == id));
        let missing = || {
            let what = format!("the session {id:?} is not in the edition {}; run", main.name);
            NotRecorded(format!("{what} `cargo record {slug} --sessions --edition {}`", main.name))
        };
        Ok(session::html(lesson, spec, session.ok_or_else(missing)?))
    }

    fn listing(&self, name: &str) -> Result<Html> {
        let (slug, lesson, id) = self.scope.resolve(name)?;
        let listing = find(&lesson.listings, id, "listing", |listing| &listing.id)?;
        listing::html(&self.scope.project.root, listing).with_context(|| format!("the listing {id:?} of {slug}"))
    }

    /// Markup with the answer in it as a block of Markdown.
    fn question(&self, name: &str) -> Result<String> {
        let (slug, lesson, id) = self.scope.resolve(name)?;
        let question = find(&lesson.questions, id, "question", |question| &question.id)?;
        let wrong: String =
            question.wrong.iter().map(|wrong| format!("- *{}* {}\n", wrong.says, wrong.but.trim())).collect();
        let also = if wrong.is_empty() { "" } else { "\n\nAnswers that miss it:\n\n" };
        let answer = self.nested(&slug, "answer", &format!("{}{also}{wrong}", question.answer.trim()))?;
        let head = html!("<details class=\"question\">\n<summary>{}</summary>", inline(&question.question));
        Ok(format!("{}\n\n{}\n\n</details>", head.as_str(), answer.trim()))
    }

    fn stepper(&self, name: &str) -> Result<String> {
        let (slug, lesson, id) = self.scope.resolve(name)?;
        let stepper = find(&lesson.steppers, id, "stepper", |stepper| &stepper.id)?;
        machines::lanes::html(stepper).with_context(|| format!("the stepper {id:?} of {slug}"))
    }

    fn model(&self, name: &str) -> Result<String> {
        let (_, lesson, id) = self.scope.resolve(name)?;
        Ok(machines::model(find(&lesson.models, id, "model", |model| &model.id)?))
    }

    fn machine(&self) -> Result<Html> {
        let main = self.scope.project.main_edition()?;
        let own = self.scope.own.as_ref().and_then(|own| main.recordings.get(own));
        let recording = own.or(main.recordings.values().next());
        let recording = recording.with_context(|| format!("nothing was recorded in the edition {}", main.name))?;
        let day = recording.provenance.date.split('T').next().unwrap_or_default();
        Ok(html!("{}, measured on {}.", main.machine_in_words(), day))
    }

    /// A text of the lesson with its directives replaced.
    fn nested(&self, slug: &str, what: &str, text: &str) -> Result<String> {
        let scope = Scope { project: self.scope.project, own: Some(slug.to_owned()) };
        let page = Page { scope, explained: RefCell::default(), minutes: self.minutes };
        page.expand(text).map_err(|problems| {
            let messages: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
            anyhow::anyhow!("in its {what} in lesson.toml: {}", messages.join("; "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example::project;

    fn page(text: &str) -> Result<String, Vec<Problem>> {
        let mut project = project(&["reference", "local"]);
        for point in &mut project.editions[1].recordings.get_mut("example").unwrap().points {
            let is_slow = (&*point.variant, &*point.parameter) == ("slow", "1");
            point.launches.iter_mut().filter(|_| is_slow).for_each(|launch| launch.median *= 2.0);
        }
        let predictions = &mut project.lessons.get_mut("example").unwrap().predictions;
        let mut differs = predictions[0].clone();
        differs.id = "how-differs".to_owned();
        for (number, choice) in differs.choices.iter_mut().enumerate() {
            let when = &mut choice.when[0];
            when.value = Some("time/slow/1".to_owned());
            (when.above, when.below) = if number == 0 { (Some(15.0), None) } else { (None, Some(15.0)) };
        }
        predictions.push(differs);
        expand(&project, Path::new("example.md"), text)
    }

    /// What is written, and what the page then contains.
    const GOOD: &[(&str, &str)] = &[
        ("{{#value time/slow/1}}", "<span class=\"measured\" data-v=\"slow\""),
        (
            "{{#value time/slow/1}}",
            "ns, 3 launches)\">11\u{a0}ns</span><span data-e=\"1\" title=\"time/slow/1, your machine: 22.0",
        ),
        ("{{#value time/slow/2}}", "31\u{a0}ns</span>"),
        ("{{#value example:time/slow/1}}", "reference, 0 CPUs: 11.0\u{a0}ns (10.0 to 12.0\u{a0}ns, 3 launches)"),
        ("{{#value lost/slow/2}}", "500 to 700\u{a0}updates"),
        ("{{#ratio time/slow/1 time/fast/1 as long}}", ">10.0\u{a0}times as long</span><span data-e=\"1\""),
        ("{{#ratio time/slow/1 time/fast/1}}", ">10.0\u{a0}times</span><span data-e=\"1\""),
        ("{{#figure cost}}", "data-name=\"local\" aria-pressed=\"false\">your machine</button>"),
        ("{{#verdict slow-loses}}", "<strong class=\"word depends\">depends</strong>"),
        ("{{#verdict fast-is-fast}}", "<strong class=\"word holds\">holds</strong>"),
        ("{{#verdict fast-is-nicer}}", "<q>Fast is nicer.</q> <small>(our words, after A text)</small>"),
        (
            "{{#verdict fast-is-nicer}}",
            "nothing to judge:</strong> <em>Nicer</em> is a taste; <span class=\"measured\"",
        ),
        ("{{#claims}}", "<div class=\"verdict\" id=\"slow-loses\">"),
        ("{{#tally}}", "<a href=\"claims.html#slow-loses\""),
        ("{{#experiments}}", "<a href=\"example.html\">An example</a>"),
        ("{{#minutes}} to read", "About 1 minute</span> to read"),
        (
            "{{#session run}}",
            "<span class=\"hljs-prompt\">$ </span><span class=\"hljs-command\">cargo run -p example</span>\na &lt;line&gt;\n&#10;1",
        ),
        ("{{#predict how-much}}", "<input type=\"radio\" name=\"example/how-much\"><span>half &amp; more</span>"),
        ("{{#predict how-much}}", "How much is <em>lost</em>?"),
        (
            "{{#predict how-much}}",
            "data-marks=\"wr wr\" data-chart=\"lost\" data-places=\"[[0.0,0.0],[500.0,1000.0]]\"",
        ),
        ("{{#predict how-much}}", "<li data-to=\"0\"><b class=\"word w\">wrong:</b> <strong>nothing</strong>. <span"),
        ("{{#predict how-long}}", "data-marks=\"wwwwwwwwwwwwnnrrnnwww wwwwwwwwwwwwnnrrnnwww\">"),
        ("{{#predict how-long}}", "max=\"20\" value=\"0\" data-says=\"[&quot;1\u{a0}ns&quot;,&quot;1.3\u{a0}ns"),
        ("{{#predict how-long}}", "<li data-to=\"10\"><strong>1 to 10\u{a0}ns</strong>. <span class=\"why\">It"),
        (
            "{{#predict how-differs}}",
            "<b class=\"word w\" data-e=\"0\">wrong:</b> <b class=\"word r\" data-e=\"1\">right",
        ),
        ("{{#predict how-differs}}", "<strong>nothing</strong>. <span class=\"why\" data-e=\"0\">Nothing is"),
        ("{{#predicted how-much}}", "updates</span> were lost.</p>"),
        ("{{#opening how-much}}", "updates</span> were lost.</span></p>"),
        ("{{#opening how-much}}", "<figure class=\"chart dots\""),
        ("{{#question why}}", "\n\nBecause **so**.\n\n"),
        ("{{#machine}}", ", measured on "),
        ("{{#editions}}", "</span>local |"),
        ("{{#comparison}}", "`cargo compare`"),
        ("\\{{#value time/slow/1}}", "\\{{#value time/slow/1}}"),
        ("{{#include file.rs:anchor}}", "{{#include file.rs:anchor}}"),
        ("a {{ b }} c", "a {{ b }} c"),
    ];

    #[test]
    fn directives_become_what_was_measured() {
        for (written, contained) in GOOD {
            let html = page(written).unwrap();
            assert!(html.contains(contained), "{written}: {html}");
        }
    }

    /// What is written, and what the complaint contains.
    const BAD: &[(&str, &str)] = &[
        ("{{#valeu time/slow/1}}", "no directive \"valeu\"; did you mean \"value\"?"),
        ("{{#value time/slow/9}}", "did you mean \"time/slow/"),
        ("{{#value exampl:time/slow/1}}", "no experiment \"exampl\"; did you mean \"example\"?"),
        ("{{#figure costs}}", "no chart \"costs\"; did you mean \"cost\"?"),
        ("{{#verdict slow-looses}}", "did you mean \"slow-loses\"?"),
        ("{{#session rnu}}", "did you mean \"run\"?"),
        ("{{#predict how-mush}}", "did you mean \"how-much\"?"),
        ("{{#predicted how-mush}}", "did you mean \"how-much\"?"),
        ("{{#opening how-long}}", "the prediction \"how-long\" names no chart"),
        ("{{#model lines}}", "no model \"lines\""),
        ("{{#question wy}}", "did you mean \"why\"?"),
        ("{{#value}}", "takes one point"),
        ("{{#value time/slow/1 as long}}", "words can follow what is counted in times"),
        ("{{#value own-time/slow/1}}", "\"own-time\" measures what \"time\" does, and a quantity has one number"),
        ("{{#ratio own-time/slow/1 time/fast/1}}", "\"own-time\" measures what \"time\" does"),
        ("{{#value nobody-lists/slow/1}}", "no metric \"nobody-lists\""),
        ("{{#machine slow}}", "takes no name"),
        ("{{#comparison thread-free}}", "takes no name"),
        ("{{#comparsion}}", "no directive \"comparsion\"; did you mean \"comparison\"?"),
        ("{{#ratio time/slow/1}}", "takes two points"),
        ("{{#ratio time/slow/1 lost/slow/2}}", "have no ratio"),
        ("{{#ratio lost/slow/2 lost/fast/2}}", "no number"),
        ("{{figure cost}}", "with a #"),
        ("{{figur cost}}", "did you mean \"figure\"?"),
        ("{{#figure cost}", "no closing braces"),
        ("{{#title", "no closing braces"),
        ("{{#include}}", "names nothing"),
        ("{#figure cost}}", "two braces"),
        ("text {#value time/slow/1}", "two braces"),
        ("{{#}}", "no directive \"\""),
    ];

    #[test]
    fn a_claim_of_two_lessons_has_one_verdict_and_each_tells_its_own_cases() {
        let mut project = project(&["reference", "local"]);
        let mut other = project.lessons["example"].clone();
        other.claims.retain(|claim| claim.id == "slow-loses");
        other.claims[0].conditions.truncate(1);
        other.claims[0].conditions[0].says = "elsewhere".to_owned();
        project.lessons.insert("other".to_owned(), other);
        // The other one was recorded in the reference only.
        let mut recording = project.editions[0].recordings["example"].clone();
        recording.experiment = "other".to_owned();
        project.editions[0].recordings.insert("other".to_owned(), recording);
        let verdict = |page: &str, written: &str| expand(&project, Path::new(page), written).unwrap();
        let own = verdict("example.md", "{{#verdict slow-loses}}");
        assert!(own.contains("depends</strong>") && own.contains("slowly: ") && !own.contains("elsewhere"), "{own}");
        for other in [verdict("other.md", "{{#verdict slow-loses}}"), verdict("a.md", "{{#verdict other:slow-loses}}")]
        {
            // The verdict is the claim's, over all chapters; the cases that are told are this one's.
            assert!(other.contains("depends</strong>") && other.contains("elsewhere: "), "{other}");
            assert!(
                other.contains("Judged in <a href=\"example.html#verdict\">An example</a> too: 1 of 2 cases are true"),
                "{other}"
            );
            assert!(!other.contains("slowly: ") && !other.contains("Edition "), "{other}");
            assert!(other.contains("<q>Who is slow loses.</q>"), "{other}");
        }
        let points = &mut project.editions[0].recordings.get_mut("example").unwrap().points;
        points.retain(|point| point.name() != "lost/fast/2");
        points
            .iter_mut()
            .filter(|point| point.name() == "lost/slow/2")
            .for_each(|point| point.launches[0].median = 0.0);
        let other = expand(&project, Path::new("other.md"), "{{#verdict slow-loses}}").unwrap();
        assert!(other.contains("0 of 2 cases are true, 1 open, 1 not measured"), "{other}");
    }

    #[test]
    fn a_typo_is_told_with_its_line_and_the_nearest_name() {
        for (written, complaint) in BAD {
            let problems = page(&format!("first\n\n{written}\n")).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0].line, 3, "{problems:?}");
            assert!(problems[0].message.contains(complaint), "{written}: {}", problems[0].message);
        }
    }

    #[test]
    fn all_problems_of_a_page_are_told_at_once() {
        let problems = page("{{#value x}}\n{{#figure cost}}\n{{#figure y}}").unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn another_page_names_the_experiment() {
        let project = project(&["reference"]);
        let error = expand(&project, Path::new("glossary.md"), "{{#value time/slow/1}}").unwrap_err();
        assert!(error[0].message.contains("slug:time/slow/1"), "{error:?}");
        assert!(expand(&project, Path::new("glossary.md"), "{{#value example:time/slow/1}}").is_ok());
    }

    #[test]
    fn without_any_edition_the_page_says_what_to_run() {
        let error = expand(&project(&[]), Path::new("example.md"), "{{#figure cost}}").unwrap_err();
        assert!(error[0].message.contains("cargo record"), "{error:?}");
    }
}
