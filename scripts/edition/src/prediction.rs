//! What the reader guesses before any number, and how a recording marks each guess.
//!
//! A guess is one of several choices, or a place on an axis. Both come down to a row of [`Guess`]es, by number: what the guess
//! says, where a chart shows it, and why people make it; [`Prediction::marks`] says of each what a recording makes of it.

use base::nearest;
use base::quantity::{Quantity, without_zeros};
use serde::Deserialize;

use crate::estimate::Estimate;
use crate::lesson::{Fault, Lesson};
use crate::recording::Recording;
use crate::verdict::measure;

/// A question before any number, with choices or an axis.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// Its name in directives.
    pub id: String,
    /// The question.
    pub question: String,
    /// What the reader chooses from.
    #[serde(default, rename = "choice")]
    pub choices: Vec<Choice>,
    /// Instead of them: where the reader places a value.
    pub axis: Option<Axis>,
    /// The chart of the lesson that the guess is drawn on.
    pub chart: Option<String>,
    /// What was measured, in one sentence, with directives where numbers are.
    pub result: String,
}

/// One of several answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The answer in words, Markdown.
    pub says: String,
    /// It is right where all of these hold.
    #[serde(default)]
    pub when: Vec<When>,
    /// It is near where all of these hold.
    #[serde(default)]
    pub near: Vec<When>,
    /// It is right, and no point says so but this session of the lesson; then no choice has a `when`.
    pub shown_by: Option<String>,
    /// Why people guess so though it's wrong: one sentence, Markdown. Only one choice, which can't be wrong, has none.
    pub why: Option<String>,
    /// The value on the chart's axis that it stands for,
    pub at: Option<f64>,
    /// or from where to where.
    pub span: Option<[f64; 2]>,
}

/// What must hold of a median: it lies above a threshold, or not above one, or both.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The point: `metric/variant/parameter`.
    pub value: Option<String>,
    /// Two points, the first to be divided by the second.
    pub ratio: Option<[String; 2]>,
    /// More than this.
    pub above: Option<f64>,
    /// This at most, so that `above` and `below` the same value are all there is.
    pub below: Option<f64>,
}

/// The values that the reader can choose, as positions on an axis.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The first value.
    pub from: f64,
    /// The last value.
    pub to: f64,
    /// How the values lie between them.
    #[serde(default)]
    pub scale: Scale,
    /// The unit of the values, as recordings name units.
    pub unit: String,
    /// The number of steps from the first value to the last.
    pub steps: u16,
    /// The point whose value is right: `metric/variant/parameter`.
    pub truth: String,
    /// How far off is still near: a share of a linear axis, a factor on a logarithmic one.
    pub near: f64,
    /// Where the first and the last value lie on the chart's axis, if that has another unit.
    pub span: Option<[f64; 2]>,
    /// Why people guess so though it's wrong, from the first value to the last.
    #[serde(default, rename = "why")]
    pub whys: Vec<Why>,
}

/// How values lie on an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// With the same difference from step to step.
    #[default]
    Linear,
    /// With the same factor.
    Log,
}

/// Why people guess so, from where the one before ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// The last value that it is said of.
    pub to: f64,
    /// One sentence, Markdown.
    pub says: String,
}

/// A guess that the reader can make.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// What it says: a choice in Markdown, or a value in its unit.
    pub says: String,
    /// Where it lies on the chart's axis: a value twice, or from where to where.
    pub place: Option<[f64; 2]>,
}

/// What a recording makes of a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// What was measured.
    Right,
    /// Not far from it.
    Near,
    /// Something else.
    Wrong,
    /// It can't be told, as something wasn't measured.
    Unknown,
}

impl Mark {
    /// One word for it, for readers and for style sheets.
    pub fn word(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Near => "near",
            Self::Wrong => "wrong",
            Self::Unknown => "unknown",
        }
    }
}

impl Prediction {
    /// All guesses, in order.
    pub fn guesses(&self) -> Vec<Guess> {
        let choices = self.choices.iter().map(|choice| {
            let place = choice.span.or(choice.at.map(|at| [at, at]));
            Guess { says: choice.says.clone(), place }
        });
        let values = self.axis.iter().flat_map(|axis| {
            let place = |position| axis.span.map_or_else(|| axis.value(position), |span| axis.between(span, position));
            (0..=axis.steps).map(move |position| Guess {
                says: axis.says(position),
                place: self.chart.is_some().then(|| [place(position); 2]),
            })
        });
        choices.chain(values).collect()
    }

    /// Why people make a guess though it's wrong: for each reason, the number of the last guess that it is said of.
    pub fn whys(&self) -> Vec<(usize, &str)> {
        let choices = self.choices.iter().enumerate();
        let choices = choices.map(|(number, choice)| (number, choice.why.as_deref().unwrap_or_default()));
        let ranges = self.axis.iter().flat_map(|axis| {
            axis.whys.iter().map(|why| {
                let within = (0..=axis.steps).filter(|position| axis.value(*position) <= why.to);
                (within.map(usize::from).max().unwrap_or_default(), &why.says[..])
            })
        });
        choices.chain(ranges).collect()
    }

    /// The mark of each guess, in order, by what was recorded.
    pub fn marks(&self, recording: Option<&Recording>) -> Vec<Mark> {
        match (&self.axis, recording) {
            (Some(axis), Some(recording)) => axis.marks(recording),
            (None, Some(recording)) => self.choices_marked(recording),
            (_, None) => vec![Mark::Unknown; self.guesses().len()],
        }
    }

    fn choices_marked(&self, recording: &Recording) -> Vec<Mark> {
        // Where one can't be told, any of them might be right.
        let all = self.choices.iter().flat_map(|choice| choice.when.iter().chain(&choice.near));
        if all.into_iter().any(|when| when.holds(recording).is_none()) {
            return vec![Mark::Unknown; self.choices.len()];
        }
        let hold = |all: &[When]| !all.is_empty() && all.iter().all(|when| when.holds(recording) == Some(true));
        let mark = |choice: &Choice| match choice {
            _ if choice.shown_by.is_some() || hold(&choice.when) => Mark::Right,
            _ if hold(&choice.near) => Mark::Near,
            _ => Mark::Wrong,
        };
        self.choices.iter().map(mark).collect()
    }

    /// What is wrong with it in a recording that is kept, each with its place in the prediction: not one choice is right, or
    /// the truth lies off the axis, or a wrong choice doesn't say why people make it.
    pub fn contradictions(&self, recording: &Recording) -> Vec<Fault> {
        let marks = self.marks(Some(recording));
        if marks.contains(&Mark::Unknown) {
            return Vec::new();
        }
        let right = marks.iter().filter(|mark| **mark == Mark::Right).count();
        let mut found = Vec::new();
        if self.axis.is_some() && right == 0 {
            found.push(Fault::new("axis.truth", "what was measured lies beyond the axis"));
        }
        if self.axis.is_none() && right != 1 {
            found.push(Fault::new("id", format!("{right} choices are right, not one")));
        }
        for (number, (choice, mark)) in self.choices.iter().zip(marks).enumerate() {
            if choice.why.is_none() && mark != Mark::Right {
                let what = format!("this choice is {}; say `why` people make it", mark.word());
                found.push(Fault::new(format!("choice.{number}"), what));
            }
        }
        found
    }

    /// The points that decide, each with its place.
    pub fn points(&self) -> Vec<(String, &String)> {
        let mut points = Vec::new();
        for (number, choice) in self.choices.iter().enumerate() {
            for (list, all) in [("when", &choice.when), ("near", &choice.near)] {
                for (which, when) in all.iter().enumerate() {
                    let named = when.value.iter().map(|point| ("value".to_owned(), point));
                    let ratio = when.ratio.iter().flatten().enumerate();
                    let named = named.chain(ratio.map(|(side, point)| (format!("ratio.{side}"), point)));
                    points.extend(named.map(|(key, point)| (format!("choice.{number}.{list}.{which}.{key}"), point)));
                }
            }
        }
        points.extend(self.axis.iter().map(|axis| ("axis.truth".to_owned(), &axis.truth)));
        points
    }

    pub(crate) fn validate(&self, lesson: &Lesson) -> Result<(), Fault> {
        let fault = |field: &str, what: &str| Err(Fault::new(field, what));
        match (&self.axis, self.choices.len()) {
            (None, 2..) => self.choices_valid(lesson)?,
            (Some(axis), 0) => axis.validate().map_err(|fault| fault.within("axis"))?,
            _ => return fault("id", "a prediction takes two choices or more, or, with none, an axis"),
        }
        if self.result.trim().is_empty() {
            return fault("result", "say what was measured");
        }
        for (place, point) in self.points() {
            lesson.knows_point(point).map_err(|what| Fault::new(place, what))?;
        }
        let is_placed = self.choices.iter().any(|choice| choice.at.is_some() || choice.span.is_some());
        let is_placed = is_placed || self.axis.as_ref().is_some_and(|axis| axis.span.is_some());
        match &self.chart {
            Some(id) if !lesson.charts.iter().any(|chart| chart.id == *id) => {
                let known: Vec<&str> = lesson.charts.iter().map(|chart| &chart.id[..]).collect();
                fault("chart", &format!("no chart {id:?}{}", nearest::hint(id, &known)))
            }
            None if is_placed => fault("id", "name the `chart` that the guess is drawn on"),
            _ => Ok(()),
        }
    }

    fn choices_valid(&self, lesson: &Lesson) -> Result<(), Fault> {
        let is_shown = self.choices.iter().any(|choice| choice.shown_by.is_some());
        for (number, choice) in self.choices.iter().enumerate() {
            let place = format!("choice.{number}");
            let fault = |what: &str| Err(Fault::new(place.clone(), what));
            if choice.says.trim().is_empty() || choice.why.as_ref().is_some_and(|why| why.trim().is_empty()) {
                return fault("a choice says something, and so does its `why`");
            }
            if choice.when.is_empty() != is_shown {
                return fault(
                    "say `when` each choice is right, or of one, with no `when` in any, which session it is `shown_by`",
                );
            }
            if let Some(name) = &choice.shown_by
                && !lesson.sessions.iter().any(|session| session.name == *name)
            {
                let known: Vec<&str> = lesson.sessions.iter().map(|session| &session.name[..]).collect();
                return fault(&format!("no session {name:?}{}", nearest::hint(name, &known)));
            }
            if choice.at.is_some() && choice.span.is_some() {
                return fault("a choice lies `at` a value, or has a `span`");
            }
            let values = choice.at.into_iter().chain(choice.span.into_iter().flatten());
            if values.into_iter().any(|value| !value.is_finite()) || choice.span.is_some_and(|[from, to]| from >= to) {
                return fault("a choice lies at a number, or between two, the lower one first");
            }
            for when in choice.when.iter().chain(&choice.near) {
                if when.value.is_some() == when.ratio.is_some() {
                    return fault("a condition takes either `value` or `ratio`");
                }
                let mut thresholds = when.above.into_iter().chain(when.below).peekable();
                if thresholds.peek().is_none() || thresholds.any(|threshold| !threshold.is_finite()) {
                    return fault("a condition takes `above` or `below` or both, numbers");
                }
            }
        }
        match self.choices.iter().enumerate().filter(|(_, choice)| choice.why.is_none()).nth(1) {
            Some((number, _)) => {
                let what = "say `why` people make this choice; only one, which can't be wrong, needs no `why`";
                Err(Fault::new(format!("choice.{number}"), what))
            }
            None => Ok(()),
        }
    }
}

impl When {
    /// Whether it holds in a recording; nothing if that can't be told.
    fn holds(&self, recording: &Recording) -> Option<bool> {
        let (Estimate { value, .. }, _) = measure(recording, self.value.as_ref(), self.ratio.as_ref())?;
        Some(self.above.is_none_or(|above| value > above) && self.below.is_none_or(|below| value <= below))
    }
}

impl Axis {
    /// The value at a position.
    fn value(&self, position: u16) -> f64 {
        match self.scale {
            Scale::Linear => self.between([self.from, self.to], position),
            Scale::Log => 10_f64.powf(self.between([self.from.log10(), self.to.log10()], position)),
        }
    }

    /// A value in as many digits as tell it from its neighbours, and no zeros behind the point.
    fn says(&self, position: u16) -> String {
        let is_coarse = self.scale == Scale::Log && self.value(1) >= 1.1 * self.value(0);
        let value = Quantity { value: self.value(position), unit: &self.unit };
        without_zeros(value.rounded(if is_coarse { 2 } else { 3 }))
    }

    fn between(&self, [from, to]: [f64; 2], position: u16) -> f64 {
        from + (to - from) * f64::from(position) / f64::from(self.steps)
    }

    /// Right is what the launches gave, and the steps beside the truth; near is what isn't far from it.
    fn marks(&self, recording: &Recording) -> Vec<Mark> {
        let positions = || 0..=self.steps;
        let Some((truth, _)) = measure(recording, Some(&self.truth), None) else {
            return positions().map(|_| Mark::Unknown).collect();
        };
        let is_beyond = truth.value < self.from || truth.value > self.to;
        let mark = |position: u16| {
            let value = self.value(position);
            let (before, after) = (self.value(position.saturating_sub(1)), self.value((position + 1).min(self.steps)));
            let is_beside = (before..=after).contains(&truth.value);
            let is_right = !is_beyond && (is_beside || (truth.lower..=truth.upper).contains(&value));
            let is_near = match self.scale {
                Scale::Linear => (value - truth.value).abs() <= self.near * (self.to - self.from),
                Scale::Log => (value / truth.value).max(truth.value / value) <= self.near,
            };
            match (is_right, is_near) {
                (true, _) => Mark::Right,
                (false, true) => Mark::Near,
                (false, false) => Mark::Wrong,
            }
        };
        positions().map(mark).collect()
    }

    fn validate(&self) -> Result<(), Fault> {
        let fault = |field: &str, what: &str| Err(Fault::new(field, what));
        let least = if self.scale == Scale::Log { 0.0 } else { f64::MIN };
        if !(self.from.is_finite() && self.to.is_finite() && self.from < self.to && self.from > least) {
            return fault("from", "an axis goes from a number to a higher one, and a logarithmic one begins above 0");
        }
        if !(2..=200).contains(&self.steps) {
            return fault("steps", "an axis has 2 to 200 steps");
        }
        let near = if self.scale == Scale::Log { 1.0..f64::MAX } else { 0.0..1.0 };
        if !near.contains(&self.near) {
            return fault("near", "near is a share of a linear axis, or a factor above 1 on a logarithmic one");
        }
        if self.span.is_some_and(|[from, to]| !from.is_finite() || !to.is_finite() || from == to) {
            return fault("span", "the axis lies between two numbers of the chart's");
        }
        if let Some(number) = self.whys.iter().position(|why| why.says.trim().is_empty()) {
            return fault(&format!("why.{number}.says"), "say why people guess so");
        }
        if let Some(number) = self.whys.windows(2).position(|whys| whys[0].to >= whys[1].to) {
            return fault(&format!("why.{}.to", number + 1), "each range ends above the one before");
        }
        match self.whys.last() {
            Some(last) if last.to >= self.to => Ok(()),
            _ => fault("why", "say why people guess so, `[[prediction.axis.why]]`, up to the axis's end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{LESSON, assert_told, claims, recording};
    use Mark::{Near, Right, Unknown, Wrong};

    /// What to replace, with what, and what the complaint must contain.
    const FAULTS: &[(&str, &str, &str)] = &[
        ("chart = \"lost\"", "chart = \"lsot\"", ":66: no chart \"lsot\"; did you mean \"lost\"?"),
        ("chart = \"lost\"", "", ":64: name the `chart` that the guess is drawn on"),
        ("at = 0\n", "at = 0\nspan = [1, 2]\n", ":68: a choice lies `at` a value, or has a `span`"),
        ("span = [500, 1e3]", "span = [1e3, 500]", ":73: a choice lies at a number, or between two"),
        ("at = 0\n", "at = nan\n", ":68: a choice lies at a number"),
        ("why = \"Nothing", "# \"", ":73: say `why` people make this choice"),
        ("why = \"Nothing is lost where nobody looks.\"", "why = \" \"", ":68: a choice says something"),
        ("says = \"half & more\"", "says = \"\"", ":73: a choice says something"),
        ("says = \"nothing\"", "say = \"nothing\"", ":69: unknown field `say`"),
        (
            "value = \"lost/slow/2\", below = 0 }",
            "value = \"lots/slow/2\", below = 0 }",
            ":70: no metric \"lots\"; did you",
        ),
        (
            "value = \"lost/slow/2\", below = 0 }",
            "value = \"lost/slo/2\", below = 0 }",
            ":70: no variant \"slo\"; did you",
        ),
        (
            "value = \"lost/slow/2\", below = 0 }",
            "value = \"lost-slow-2\", below = 0 }",
            ":70: write a point as metric/",
        ),
        ("value = \"lost/slow/2\", below = 0 }", "value = \"lost/slow/2\" }", ":68: a condition takes `above` or"),
        ("value = \"lost/slow/2\", below = 0 }", "below = 0 }", ":68: a condition takes either `value` or `ratio`"),
        ("when = [{ value = \"lost/slow/2\", above = 0 }]", "", ":73: say `when` each choice is right"),
        (
            "when = [{ value = \"lost/slow/2\", above = 0 }]",
            "shown_by = \"run\"",
            ":68: say `when` each choice is right",
        ),
        ("result = \"{{#value lost/slow/2}} were lost.\"", "result = \"\"", ":67: say what was measured"),
        (
            "[prediction.axis]\n",
            "[[prediction.choice]]\nsays = \"a\"\n[prediction.axis]\n",
            ":79: a prediction takes two",
        ),
        ("[prediction.axis]\n", "[prediction.axes]\n", ":82: unknown field `axes`"),
        ("from = 1\n", "from = 0\n", ":83: an axis goes from a number to a higher one, and a logarithmic"),
        ("steps = 20", "steps = 1", ":87: an axis has 2 to 200 steps"),
        ("truth = \"time/slow/2\"", "truth = \"time/slow\"", ":88: write a point as metric/variant/parameter"),
        ("near = 2", "near = 0.5", ":89: near is a share of a linear axis, or a factor above 1"),
        ("to = 1e2\nsays", "to = 99\nsays", ":90: say why people guess so"),
        ("to = 10\nsays", "to = 1e4\nsays", ":94: each range ends above the one before"),
        ("says = \"It's slow.\"", "says = \"\"", ":95: say why people guess so"),
        ("near = 2", "near = 2\nspan = [1, 1]", ":90: the axis lies between two numbers"),
    ];

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        assert_told(FAULTS, |_| Ok(()));
    }

    fn predictions(replaced: &[(&str, &str)]) -> Vec<Prediction> {
        let replace = |text: String, (old, new): &(&str, &str)| {
            assert!(text.contains(old), "{old}");
            text.replacen(old, new, 1)
        };
        Lesson::parse(&replaced.iter().fold(LESSON.to_owned(), replace), &claims()).unwrap().predictions
    }

    #[test]
    fn choices_are_marked_by_what_was_measured() {
        let all = predictions(&[]);
        assert_eq!(all[0].marks(Some(&recording())), [Wrong, Right]);
        assert_eq!(all[0].marks(None), [Unknown, Unknown]);
        assert_eq!(all[0].guesses()[0], Guess { says: "nothing".to_owned(), place: Some([0.0, 0.0]) });
        assert_eq!(all[0].guesses()[1].place, Some([500.0, 1000.0]));
        let mut without = recording();
        without.points.retain(|point| point.metric != "lost");
        assert_eq!(all[0].marks(Some(&without)), [Unknown, Unknown]);
        assert_eq!(all[0].contradictions(&without), []);
        // The threshold itself is below.
        let at = predictions(&[
            ("below = 0 }", "below = 600 }"),
            ("lost/slow/2\", above = 0", "lost/slow/2\", above = 600"),
        ]);
        assert_eq!(at[0].marks(Some(&recording())), [Right, Wrong]);
        let near = "below = 0 }]\nnear = [{ ratio = [\"time/slow/2\", \"time/fast/2\"], above = 2, below = 99 }]";
        assert_eq!(predictions(&[("below = 0 }]", near)])[0].marks(Some(&recording())), [Near, Right]);
    }

    #[test]
    fn what_a_session_shows_is_right() {
        let shown = predictions(&[
            ("when = [{ value = \"lost/slow/2\", below = 0 }]", "shown_by = \"run\""),
            ("when = [{ value = \"lost/slow/2\", above = 0 }]", ""),
        ]);
        assert_eq!(shown[0].marks(Some(&recording())), [Right, Wrong]);
    }

    #[test]
    fn a_recording_that_contradicts_is_told() {
        let told = |replaced| {
            let lesson = predictions(replaced);
            let found = lesson.iter().flat_map(|prediction| prediction.contradictions(&recording()));
            found.map(|fault| fault.what().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(told(&[]), [] as [&str; 0]);
        assert_eq!(
            told(&[("lost/slow/2\", above = 0", "lost/slow/2\", above = 600")]),
            ["0 choices are right, not one", "this choice is wrong; say `why` people make it"]
        );
        assert_eq!(
            told(&[("lost/slow/2\", below = 0", "lost/slow/2\", below = 600")]),
            ["2 choices are right, not one"]
        );
        let turned = [
            ("lost/slow/2\", below = 0", "lost/slow/2\", above = 0"),
            ("lost/slow/2\", above = 0 }]\nspan", "lost/slow/2\", below = 0 }]\nspan"),
        ];
        assert_eq!(told(&turned), ["this choice is wrong; say `why` people make it"]);
        assert_eq!(told(&[("to = 1e2\nunit", "to = 1.1e1\nunit")]), ["what was measured lies beyond the axis"]);
    }

    #[test]
    fn an_axis_marks_each_of_its_steps() {
        // From 1 to 100 ns in twenty steps, each a factor of 1.26; the truth is 31, and 30 to 32 were measured.
        let axis = &predictions(&[])[1];
        let marks = axis.marks(Some(&recording()));
        let expected = [[Wrong; 12].as_slice(), &[Near; 2], &[Right; 2], &[Near; 2], &[Wrong; 3]].concat();
        assert_eq!(marks, expected);
        let guesses = axis.guesses();
        let said: Vec<String> = [0, 10, 15, 20].map(|number| guesses[number].says.replace('\u{a0}', " ")).into();
        assert_eq!(said, ["1 ns", "10 ns", "32 ns", "100 ns"]);
        assert_eq!(guesses[15].place, None);
        assert_eq!(axis.whys(), [(10, "It's fast."), (20, "It's slow.")]);
        // On a chart in another unit.
        let drawn = predictions(&[
            ("near = 2", "near = 2\nspan = [0, 50]"),
            ("id = \"how-long\"", "id = \"how-long\"\nchart = \"cost\""),
        ]);
        assert_eq!(drawn[1].guesses()[10].place, Some([25.0, 25.0]));
    }
}
