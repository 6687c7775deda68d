//! Predictions: what the reader is asked before any number, and what comes of it, to which `book/theme/predictions.js` gives
//! life. Without scripts the choices are a list, and the answer says of each what was measured.

use std::ops::RangeInclusive;

use anyhow::{Context, Result};
use charts::directives::find;
use charts::html;
use charts::html::Html;
use edition::prediction::{Axis, Guess, Mark, Prediction};

use super::Page;
use super::claims::inline;

/// A prediction, and where it comes from.
struct Asked<'a> {
    slug: String,
    prediction: &'a Prediction,
}

impl Page<'_> {
    /// The question, and folded below it what is said of each guess.
    pub(super) fn predict(&self, name: &str) -> Result<Html> {
        let asked = self.asked(name)?;
        self.card(&asked, &Html::default(), None)
    }

    /// The first screen of a chapter, whose question stands above: what the reader chooses from, and folded below it the answer
    /// with its chart, and a place for what runs here.
    pub(super) fn opening(&self, name: &str) -> Result<Html> {
        let asked = self.asked(name)?;
        let Asked { slug, prediction } = &asked;
        let chart = prediction.chart.as_ref();
        let chart =
            chart.with_context(|| format!("the prediction {name:?} names no chart, and an opening shows one"))?;
        // A page runs its experiment in one place, the first.
        let is_first = self.explained.borrow_mut().insert("run-here");
        let here = if is_first { self.run_here(slug, chart)? } else { Html::default() };
        let chart = html!("\n{}{}", self.figure(&format!("{slug}:{chart}"))?, here);
        self.card(&asked, &self.finding(&asked)?, Some(chart))
    }

    /// The result, below the reader's guess.
    pub(super) fn predicted(&self, name: &str) -> Result<Html> {
        let asked = self.asked(name)?;
        let key = html!("{}/{}", asked.slug, asked.prediction.id);
        let finding = self.finding(&asked)?;
        Ok(html!(
            "<div class=\"predicted\" data-key=\"{}\">\n<p class=\"said\"></p>\n<p class=\"result\">{}</p>\n</div>",
            key,
            finding
        ))
    }

    fn asked(&self, name: &str) -> Result<Asked<'_>> {
        let (slug, lesson, id) = self.scope.resolve(name)?;
        let prediction = find(&lesson.predictions, id, "prediction", |prediction| &prediction.id)?;
        Ok(Asked { slug, prediction })
    }

    fn finding(&self, asked: &Asked<'_>) -> Result<Html> {
        Ok(inline(&self.nested(&asked.slug, "result", &asked.prediction.result)?))
    }

    /// What the reader works with, and the answer; of an opening with its chart. Elsewhere the finding stands in the page, once.
    fn card(&self, asked: &Asked<'_>, finding: &Html, opens: Option<Html>) -> Result<Html> {
        let Asked { slug, prediction } = asked;
        let guesses = prediction.guesses();
        let marks: Vec<Vec<Mark>> =
            self.scope.project.editions.iter().map(|edition| prediction.marks(edition.recordings.get(slug))).collect();
        let places: Vec<String> = guesses.iter().map(|guess| place(guess.place)).collect();
        let chart = prediction.chart.iter();
        let chart = chart.map(|id| html!(" data-chart=\"{}\" data-places=\"[{}]\"", id, places.join(",")));
        let key = html!("{}/{}", slug, prediction.id);
        let form = match &prediction.axis {
            Some(axis) => slider(axis, &guesses),
            None => radios(&key, &guesses),
        };
        // Where a guess is kept, what stands from here on is shown once the script has put the answer there: it would move.
        let wait = html!(
            "<script>try {{ if ('predict:{}' in localStorage) {{ const box = document.currentScript.parentElement.classList; \
             box.add('waits'); setTimeout(() => box.remove('waits'), 9000); }} }} catch {{}}</script>",
            key
        );
        Ok(html!(
            "<div class=\"predict{class}\" id=\"predict-{slug}-{id}\" data-key=\"{key}\" data-marks=\"{marks}\"{chart}>\n{wait}\n\
             <form>\n<fieldset>\n<legend>{question}</legend>\n{form}\n</fieldset>\n\
             <p class=\"kept\"><button class=\"show\" disabled>Show me</button><span class=\"note\"></span>\
             <button type=\"button\" class=\"forget\">Forget my guess</button></p>\n</form>\n\
             <details class=\"answer\">\n<summary>Show me</summary>\n\
             <p class=\"finding\" tabindex=\"-1\"><span class=\"outcome said\" role=\"status\"></span><span class=\"result\">{finding}</span></p>\n\
             <p class=\"said\"></p>{more}\n<ul class=\"guesses\">\n{guesses}</ul>\n</details>\n{place}</div>",
            class = if opens.is_some() { " opening" } else { "" },
            place = match opens {
                Some(_) if guesses.iter().any(|guess| guess.place.is_some()) =>
                    html!("<div class=\"place guessed\"></div>\n"),
                Some(_) => html!("<div class=\"place\"></div>\n"),
                None => Html::default(),
            },
            slug = slug,
            id = prediction.id,
            key = key,
            marks = marks.iter().map(|marks| letters(marks)).collect::<Vec<_>>().join(" "),
            chart = chart.collect::<Html>(),
            question = inline(&prediction.question),
            form = form,
            finding = finding,
            guesses = self.whys(asked, &guesses, &marks)?,
            more = opens.unwrap_or_default(),
            wait = wait,
        ))
    }

    /// What is said of each guess, in a list: its mark, and why people make it.
    fn whys(&self, asked: &Asked<'_>, guesses: &[Guess], marks: &[Vec<Mark>]) -> Result<Html> {
        let Asked { slug, prediction } = asked;
        let mut first = 0;
        let mut rows = Vec::new();
        for (last, why) in prediction.whys() {
            let why = inline(&self.nested(slug, "why", why)?);
            let marks: Vec<Mark> = match &prediction.axis {
                Some(_) => vec![Mark::Wrong],
                None => marks.iter().map(|marks| marks[last]).collect(),
            };
            let why = in_editions(&marks, |mark, edition| match mark {
                Mark::Right => Html::default(),
                _ if why.is_empty() => Html::default(),
                _ => html!(" <span class=\"why\"{}>{}</span>", edition, why),
            });
            let head = match &prediction.axis {
                Some(_) => html!("<strong>{}</strong>", range(guesses, first..=last)),
                None => html!("{}<strong>{}</strong>", words(&marks), inline(&guesses[last].says)),
            };
            rows.push(html!("<li data-to=\"{}\">{}.{}</li>\n", last, head, why));
            first = last + 1;
        }
        Ok(rows.into_iter().collect())
    }
}

fn radios(key: &Html, guesses: &[Guess]) -> Html {
    let choice = |guess: &Guess| {
        html!("<li><label><input type=\"radio\" name=\"{}\"><span>{}</span></label></li>\n", key, inline(&guess.says))
    };
    html!("<ul class=\"choices\">\n{}</ul>", guesses.iter().map(choice).collect::<Html>())
}

/// A slider over the numbers of the guesses, with what the one that is chosen says, and the axis's ends.
fn slider(axis: &Axis, guesses: &[Guess]) -> Html {
    let says: Vec<&str> = guesses.iter().map(|guess| &guess.says[..]).collect();
    let [first, last] = [says[0], says[says.len() - 1]];
    html!(
        "<div class=\"slider\"><input type=\"range\" aria-label=\"Your guess\" aria-valuetext=\"{first}\" min=\"0\" max=\"{steps}\" \
         value=\"0\" data-says=\"{says}\"><output>{first}</output></div>\n<p class=\"ends\"><span>{first}</span> <span>{last}</span></p>",
        first = first,
        last = last,
        steps = u64::from(axis.steps),
        says = serde_json::json!(says).to_string(),
    )
}

/// A place on the chart's axis as JSON, as precise as a drawing can be.
fn place(place: Option<[f64; 2]>) -> String {
    let short = |value: f64| format!("{value:.4e}").parse().unwrap_or(value);
    place.map_or_else(|| "null".to_owned(), |ends| serde_json::json!(ends.map(short)).to_string())
}

/// A letter for each mark.
fn letters(marks: &[Mark]) -> String {
    marks.iter().map(|mark| &mark.word()[..1]).collect()
}

/// What a guess is, for each edition where they differ.
fn words(marks: &[Mark]) -> Html {
    in_editions(marks, |mark, edition| html!("<b class=\"word {}\"{}>{}:</b> ", letters(&[mark]), edition, mark.word()))
}

/// What follows from a guess's mark: once if that is the same in all editions, or else for each, with the attribute that names it.
fn in_editions(marks: &[Mark], becomes: impl Fn(Mark, Html) -> Html) -> Html {
    match marks {
        [] => Html::default(),
        [first, rest @ ..] if rest.iter().all(|mark| mark == first) => becomes(*first, Html::default()),
        _ => marks.iter().enumerate().map(|(number, mark)| becomes(*mark, html!(" data-e=\"{}\"", number))).collect(),
    }
}

/// The values of some guesses, of one axis, in words.
fn range(guesses: &[Guess], range: RangeInclusive<usize>) -> String {
    let [first, last] = [*range.start(), *range.end()].map(|number| guesses.get(number).map(|guess| &guess.says[..]));
    match (first.unwrap_or_default(), last.unwrap_or_default()) {
        (first, last) if first == last => first.to_owned(),
        (first, last) => match (first.rsplit_once('\u{a0}'), last.rsplit_once('\u{a0}')) {
            (Some((number, unit)), Some((_, same))) if unit == same => format!("{number} to {last}"),
            _ => format!("{first} to {last}"),
        },
    }
}
