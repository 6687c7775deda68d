//! A claim's verdict on a page: in words, and its cases drawn, each as the interval that was measured against its threshold.
//!
//! What all editions say alike stands once; the rest once for each, and `data-e` says which.

use std::collections::BTreeMap;

use base::quantity::Quantity;
use charts::html;
use charts::html::Html;
use edition::estimate::Estimate;
use edition::interpreter;
use edition::lesson::{Claim, ClaimText, Condition};
use edition::verdict::{self, Case, Finding, Judged, Verdict};
use edition::{Edition, LOCAL, Project};

use super::claims;

/// What an edition says of a claim, from the cases of all chapters that judge it. Nothing if it has recorded none of these
/// chapters, or none of them has a case.
pub(crate) fn judged<'a>(project: &'a Project, edition: &'a Edition, text: &ClaimText) -> Option<Judged<'a>> {
    let judges: Vec<(&str, &Claim)> =
        claims::judges(project, &text.id).into_iter().filter(|(_, claim)| claim.opinion.is_none()).collect();
    let is_recorded = judges.iter().any(|(slug, _)| edition.recordings.contains_key(*slug));
    is_recorded.then(|| verdict::judge(edition, text.scope(), judges))
}

/// What a drawn case shows, for the first verdict of a page that has one.
pub(crate) const EXPLAINED: &str = "In each drawing, the mark is what was measured. A case is true if the mark lies in the tinted part, beyond the line.";

/// The claim's verdict with the cases of one lesson, and of the others how many hold.
pub(crate) fn html(project: &Project, slug: &str, text: &ClaimText) -> Html {
    let all: Vec<Option<Judged<'_>>> = project.editions.iter().map(|edition| judged(project, edition, text)).collect();
    let own = each(&all, |judged| judged.cases.iter().filter(|case| case.slug == slug).copied().collect());
    let cases = rows(&own, false);
    let elsewhere = claims::judges(project, &text.id).into_iter().filter(|(other, _)| *other != slug);
    let elsewhere = elsewhere.map(|(other, _)| {
        by_edition(&all, |judged, e| match judged {
            Some(judged) => in_another(judged, other, &project.lessons[other].title, e),
            None => Html::default(),
        })
    });
    list(project, &found(project, &all, text), &html!("{}{}", cases, elsewhere.collect::<Html>()))
}

/// A verdict and its cases; where all machines agree on it, but not on the numbers, it's said whose numbers these are.
pub(crate) fn list(project: &Project, found: &Html, cases: &Html) -> Html {
    let differ = |html: &Html| html.as_str().contains("data-e=");
    let machines = project.editions.iter().enumerate().map(|(number, edition)| machine(number, edition));
    let on = match !differ(found) && differ(cases) {
        true => by_edition(&machines.collect::<Vec<_>>(), |machine, e| {
            html!("<p class=\"on\"{}>On {}:</p>\n", *e, *machine)
        }),
        false => Html::default(),
    };
    html!("{}\n{}<ul class=\"cases\">\n{}</ul>", *found, on, *cases)
}

/// The verdict with its reason, by the machines that it is of.
pub(crate) fn found(project: &Project, all: &[Option<Judged<'_>>], text: &ClaimText) -> Html {
    let words = |judged: Option<&Judged<'_>>| judged.map_or_else(|| unmeasured().0, |judged| reason(judged, text));
    let first = words(all.first().and_then(Option::as_ref));
    let agree = all.iter().all(|judged| words(judged.as_ref()) == first);
    let line = |label: &str, e: &Html, words: Html| {
        html!("<p class=\"found\"{}><span class=\"edition\">On {}:</span> {}</p>", *e, label.to_owned(), words)
    };
    match all.len() {
        count if agree && count > 1 => line(&everywhere(count), &Html::default(), first),
        _ => {
            let lines = all.iter().zip(&project.editions).enumerate();
            let lines = lines.map(|(number, (judged, edition))| {
                let label = machine(number, edition);
                let e = if all.len() > 1 { of_edition(number) } else { Html::default() };
                line(&label, &e, words(judged.as_ref()))
            });
            Html::joined(lines, "\n")
        }
    }
}

/// What a reader calls the machine of an edition.
pub(crate) fn machine(number: usize, edition: &Edition) -> String {
    match &edition.machine.machine.cpu {
        _ if edition.name == LOCAL => "your machine".to_owned(),
        _ if number == 0 => "this book's machine".to_owned(),
        cpu if cpu.is_empty() => format!("the machine {}", edition.name),
        cpu => format!("another machine ({cpu})"),
    }
}

/// All the machines, where they agree.
pub(crate) fn everywhere(count: usize) -> String {
    if count == 2 { "both machines".to_owned() } else { format!("all {count} machines") }
}

/// Says that an element is of one edition only.
fn of_edition(number: usize) -> Html {
    html!(" data-e=\"{}\"", number)
}

/// The same piece of every edition, once if all of them agree; `piece` gets what goes into its tag.
pub(crate) fn by_edition<T>(all: &[T], piece: impl Fn(&T, &Html) -> Html) -> Html {
    let none = Html::default();
    let mut plain = all.iter().map(|one| piece(one, &none));
    let first = plain.next().unwrap_or_default();
    match plain.all(|other| other == first) {
        true => first,
        false => all.iter().enumerate().map(|(number, one)| piece(one, &of_edition(number))).collect(),
    }
}

/// Of each edition, the cases that `which` takes.
pub(crate) fn each<'a>(all: &[Option<Judged<'a>>], which: impl Fn(&Judged<'a>) -> Vec<Case<'a>>) -> Vec<Vec<Case<'a>>> {
    all.iter().map(|judged| judged.as_ref().map(&which).unwrap_or_default()).collect()
}

/// Cases of every edition, a line for each: words, drawing, value. One whose chapter isn't the page's own leads there.
pub(crate) fn rows(editions: &[Vec<Case<'_>>], linked: bool) -> Html {
    // In the order of the first that has them; an edition may lack a case that another has.
    let mut order: Vec<&Condition> = Vec::new();
    for case in editions.iter().flatten() {
        if !order.iter().any(|known| std::ptr::eq(*known, case.condition)) {
            order.push(case.condition);
        }
    }
    let scales = Scales::of(editions.iter().flatten());
    let of = |condition: &Condition| {
        let cases = editions.iter().map(|cases| cases.iter().find(|case| std::ptr::eq(case.condition, condition)));
        let cases: Vec<Option<&Case<'_>>> = cases.collect();
        let says = |case: &Option<&Case<'_>>| case.map(|case| says(case, linked));
        let numbers = |case: &Option<&Case<'_>>, e: &Html| match case {
            Some(case) => number(case, &scales, e),
            None => Html::default(),
        };
        let line = |class: &str, e: &Html, says: &Html, numbers: &Html| {
            html!("<li class=\"{}\"{}>{}{}</li>\n", class, *e, *says, *numbers)
        };
        match (says(&cases[0]), cases.iter().all(|case| says(case) == says(&cases[0]))) {
            // They differ in their numbers only, if at all.
            (Some((class, words)), true) => line(class, &Html::default(), &words, &by_edition(&cases, numbers)),
            _ => by_edition(&cases, |case, e| match says(case) {
                Some((class, words)) => line(class, e, &words, &numbers(case, &Html::default())),
                None => Html::default(),
            }),
        }
    };
    order.into_iter().map(of).collect()
}

/// The class of a case, and what it says in words.
fn says(Case { slug, condition, finding, interpreter, .. }: &Case<'_>, linked: bool) -> (&'static str, Html) {
    let words = match interpreter.and_then(interpreter::short) {
        Some(short) => claims::inline(&interpreter::versioned(&condition.says, &short)),
        None => claims::inline(&condition.says),
    };
    let words = match linked {
        true => html!("<a href=\"{}.html#verdict\">{}</a>", *slug, words),
        false => words,
    };
    let word = match finding {
        Finding::Holds(_) => "true",
        Finding::Fails(_) => "not true",
        Finding::NotSettled(_) => "open",
        Finding::NotMeasured => "not measured",
    };
    (finding.class(), html!("<span>{}: {}</span>", words, word))
}

/// The number of a case, drawn and written.
fn number(case: &Case<'_>, scales: &Scales, e: &Html) -> Html {
    let (Finding::Holds(estimate) | Finding::Fails(estimate) | Finding::NotSettled(estimate)) = &case.finding else {
        return Html::default();
    };
    let range = estimate.range(case.unit);
    match case.unit {
        // The case says which it is, and the number could only be misread.
        "of 1" => html!(" <span class=\"number\"{}><small>({})</small></span>", *e, range),
        // Of a wide range, its middle would be more precise than it is.
        unit if estimate.is_wide() && estimate.modes.is_none() => html!(
            " <span class=\"number\"{}>{}<b>{}</b>{}</span>",
            *e,
            scales.drawing(case.condition, unit, estimate),
            range,
            if case.comparing.is_empty() { Html::default() } else { html!(" <small>{}</small>", case.comparing) }
        ),
        unit => html!(
            " <span class=\"number\"{}>{}<b>{}</b> <small>{}({})</small></span>",
            *e,
            scales.drawing(case.condition, unit, estimate),
            estimate.exact(unit),
            if case.comparing.is_empty() { Html::default() } else { html!("{} ", case.comparing) },
            range
        ),
    }
}

/// Of the cases of another lesson, how many are true.
fn in_another(judged: &Judged<'_>, other: &str, title: &str, e: &Html) -> Html {
    let cases = || judged.cases.iter().filter(|case| case.slug == other);
    let count = |is: fn(&Finding) -> bool| cases().filter(|case| is(&case.finding)).count();
    let all = cases().count();
    let rest = [
        (count(|finding| matches!(finding, Finding::NotSettled(_))), "open"),
        (count(|finding| *finding == Finding::NotMeasured), "not measured"),
    ];
    let rest: Html =
        rest.iter().filter(|(count, _)| *count > 0).map(|(count, word)| html!(", {} {}", count, *word)).collect();
    match all {
        0 => Html::default(),
        _ => html!(
            "<li{e}>Judged in <a href=\"{other}.html#verdict\">{title}</a> too: {hold} of {all} cases are true{rest}</li>\n",
            e = *e,
            other = other,
            title = title,
            hold = count(|finding| matches!(finding, Finding::Holds(_))),
            all = all,
            rest = rest
        ),
    }
}

/// The verdict, and why it is so: on what it depends, or that one case was enough.
fn reason(judged: &Judged<'_>, text: &ClaimText) -> Html {
    let verdict = judged.verdict;
    let deciding = judged.deciding().len();
    let why = match (verdict, deciding) {
        (Verdict::Depends, _) => html!(" on {}", claims::inline(text.depends_on.as_deref().unwrap_or_default())),
        (_, 0) => Html::default(),
        (Verdict::NotSettled, 1) => html!(": one case could still turn it"),
        (Verdict::NotSettled, _) => html!(": {} cases could still turn it", deciding),
        (Verdict::Fails, _) => html!(": it should be true in every case, and isn't"),
        _ => html!(": one true case is enough"),
    };
    let missing = match (verdict, judged.cases.len() - judged.measured()) {
        (Verdict::NotMeasured, _) | (_, 0) => Html::default(),
        (_, 1) => html!(" One of its cases couldn't be measured here."),
        (_, missing) => html!(" {} of its {} cases couldn't be measured here.", missing, judged.cases.len()),
    };
    html!("{}{}.{}", word(verdict.class(), verdict.in_words()), why, missing)
}

/// A verdict as a word in its colour, behind its sign.
pub(crate) fn word(class: &str, words: &str) -> Html {
    html!("<strong class=\"word {}\">{}</strong>", class, words)
}

/// What an edition without a recording says, as its words and its class.
fn unmeasured() -> (Html, &'static str) {
    let verdict = Verdict::NotMeasured;
    (html!("{}.", word(verdict.class(), verdict.in_words())), verdict.class())
}

/// How long the drawing of a case is, and what its ends are kept clear of, in px.
const LENGTH: f64 = 200.0;
const MARGIN: f64 = 4.0;

/// What the drawings of cases that are counted in the same unit against the same threshold reach over: one scale for all, so
/// that a reader can compare them.
pub(crate) struct Scales(BTreeMap<(String, u64), [f64; 2]>);

impl Scales {
    fn of<'a>(cases: impl Iterator<Item = &'a Case<'a>>) -> Self {
        let mut scales = Self(BTreeMap::new());
        for case in cases {
            let (Finding::Holds(estimate) | Finding::Fails(estimate) | Finding::NotSettled(estimate)) = &case.finding
            else {
                continue;
            };
            let threshold = threshold(case.condition);
            let ends = scales.0.entry(Self::key(case.condition, case.unit)).or_insert([threshold; 2]);
            *ends = [ends[0].min(estimate.lower), ends[1].max(estimate.upper)];
        }
        scales
    }

    /// Ratios and shares have one scale for each threshold; other quantities have nothing in common but with themselves on other
    /// machines.
    fn key(condition: &Condition, unit: &str) -> (String, u64) {
        let what = if matches!(unit, "times" | "%") { unit } else { &condition.says };
        (what.to_owned(), threshold(condition).to_bits())
    }

    /// The interval as a bar and its median, or both modes, across the threshold's tick; the side that the claim needs is tinted.
    fn drawing(&self, condition: &Condition, unit: &str, estimate: &Estimate) -> Html {
        let threshold = threshold(condition);
        let reach = self.0.get(&Self::key(condition, unit)).copied().unwrap_or([threshold; 2]);
        let axis = Axis::new(reach, threshold, unit);
        let at = |value: f64| (axis.px(value) * 10.0).round() / 10.0;
        let tick = at(threshold);
        let side = if condition.above.is_some() { "above" } else { "below" };
        let (lower, upper) = (at(estimate.lower), at(estimate.upper));
        // What has hardly any width is still seen.
        let (lower, upper) = if upper - lower < 2.0 { (lower - 1.0, upper + 1.0) } else { (lower, upper) };
        let [first, second] = estimate.modes.map_or([estimate.value; 2], |modes| modes.values).map(at);
        let second = estimate.modes.map_or_else(Html::default, |_| html!(";--n:{}", second));
        html!(
            "<i class=\"{side}\" data-t=\"{label}\" style=\"--t:{tick};--l:{lower};--u:{upper};--m:{first}{second}\"></i>",
            side = side,
            label = ticked(threshold, unit),
            tick = tick,
            lower = lower,
            upper = upper,
            first = first,
            second = second,
        )
    }
}

fn threshold(condition: &Condition) -> f64 {
    condition.above.or(condition.below).unwrap_or_default()
}

/// A threshold as its tick is labelled: `1×`, `25 %`, `0`; what is counted stands in the words beside it.
fn ticked(threshold: f64, unit: &str) -> String {
    let short = Quantity { value: threshold, unit }.short();
    let number = short.split('\u{a0}').next().unwrap_or_default();
    match unit {
        _ if threshold.abs() < f64::EPSILON => "0".to_owned(),
        "times" => format!("{number}×"),
        "bytes" if threshold < 1024.0 => number.to_owned(),
        "ns" | "%" | "bytes" | "bytes/s" => short,
        _ => number.to_owned(),
    }
}

/// Where values stand in a drawing: ratios by their logarithm, all else linearly.
struct Axis {
    log: bool,
    from: f64,
    to: f64,
}

impl Axis {
    fn new([lower, upper]: [f64; 2], threshold: f64, unit: &str) -> Self {
        let log = unit == "times" && lower > 0.0;
        let [from, to] = match log {
            // No less than a quarter to either side, so that what is close to the threshold looks close to it.
            true => [lower.min(threshold / 1.25).log10(), upper.max(threshold * 1.25).log10()],
            false => {
                let room = if upper > lower { (upper - lower) * 0.1 } else { 1.0 };
                [lower - room, upper + room]
            }
        };
        Self { log, from, to }
    }

    fn px(&self, value: f64) -> f64 {
        let value = if self.log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        let share = ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        MARGIN + share * (LENGTH - 2.0 * MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::Point;
    use edition::example::project;
    use edition::lesson::Quantifier;

    fn verdict(project: &Project) -> String {
        let text = project.claims.claims.iter().find(|text| text.id == "slow-loses").unwrap();
        String::from(html(project, "example", text)).replace('\u{a0}', " ")
    }

    fn change(project: &mut Project, edition: usize, mut change: impl FnMut(&mut Point)) {
        project.editions[edition].recordings.get_mut("example").unwrap().points.iter_mut().for_each(&mut change);
    }

    #[test]
    fn a_case_says_on_which_version_it_was_settled_on_each_machine() {
        let mut project = project(&["reference", "local"]);
        let lesson = project.lessons.get_mut("example").unwrap();
        lesson.claims[0].conditions[0].says = "slowly, in CPython".to_owned();
        let run = |project: &mut Project, edition, on: &str| {
            change(project, edition, |point| point.interpreter = Some(on.to_owned()));
            verdict(project)
        };
        assert!(verdict(&project).contains("<span>slowly, in CPython: true</span>"));
        run(&mut project, 0, "CPython 3.15.2");
        let differ = run(&mut project, 1, "CPython 3.13.1");
        for line in ["data-e=\"0\"><span>slowly, in CPython 3.15:", "data-e=\"1\"><span>slowly, in CPython 3.13:"] {
            assert!(differ.contains(line), "{differ}");
        }
        let agree = run(&mut project, 1, "CPython 3.15.1");
        assert!(agree.contains("<li class=\"holds\"><span>slowly, in CPython 3.15: true"), "{agree}");
    }

    #[test]
    fn the_reason_says_what_was_enough_and_what_is_missing() {
        let mut project = project(&["reference"]);
        let said = |project: &Project| verdict(project).split_once("</p>").unwrap().0.to_owned();
        let depends = "<span class=\"edition\">On this book's machine:</span> <strong class=\"word depends\">depends</strong> on <em>how</em> slow it is.";
        assert!(said(&project).ends_with(depends), "{}", said(&project));
        let claim = project.claims.claims.iter_mut().find(|text| text.id == "slow-loses").unwrap();
        (claim.holds_if, claim.depends_on) = (Some(Quantifier::Every), None);
        assert!(
            said(&project).ends_with("fails</strong>: it should be true in every case, and isn't."),
            "{}",
            said(&project)
        );
        project.editions[0].recordings.get_mut("example").unwrap().points.retain(|point| point.name() != "lost/fast/2");
        assert!(
            said(&project).ends_with("holds</strong>. One of its cases couldn't be measured here."),
            "{}",
            said(&project)
        );
        change(&mut project, 0, |point| point.launches[0].median = if point.metric == "lost" { 0.0 } else { 1.0 });
        assert!(said(&project).contains("</strong>: one case could still turn it."), "{}", said(&project));
        assert!(verdict(&project).contains("slowly: open</span> <span class=\"number"), "{}", verdict(&project));
        assert!(verdict(&project).contains("<li class=\"not-settled\"><span>fast: not measured</span></li>"));
    }

    #[test]
    fn a_case_is_drawn_with_its_interval_across_its_threshold() {
        let project = project(&["reference"]);
        let html = verdict(&project);
        let drawn = |case: &str| {
            let (_, rest) = html.split_once(case).unwrap();
            rest.split_once("</li>").unwrap().0.to_owned()
        };
        // From 0 to 700 and a tenth of that to either side: 0 stands at 20 px, 500 at 134.3, 600 at 157.1, 700 at 180.
        let slowly = drawn("slowly: true</span> ");
        // It's wide, so its middle isn't said.
        let said = "<i class=\"above\" data-t=\"0\" style=\"--t:20;--l:134.3;--u:180;--m:157.1\"></i><b>500 to 700 updates</b></span>";
        assert!(slowly.contains(said), "{slowly}");
        // What came out the same in every launch is a mark that can be seen.
        assert!(drawn("fast: not true</span> ").contains("--l:99;--u:101;"), "{}", drawn("fast: not true</span> "));
    }

    #[test]
    fn ratios_have_one_scale_by_logarithm() {
        let axis = Axis::new([0.1, 10.0], 1.0, "times");
        assert!(
            (axis.px(1.0) - 100.0).abs() < 1e-9
                && (axis.px(10.0) - 196.0).abs() < 1e-9
                && (axis.px(0.1) - 4.0).abs() < 1e-9
        );
        // What is near the threshold isn't blown up.
        let axis = Axis::new([1.0, 1.01], 1.0, "times");
        assert!(axis.px(1.01) - axis.px(1.0) < 10.0, "{}", axis.px(1.01));
        assert_eq!(
            [ticked(1.0, "times"), ticked(1.25, "times"), ticked(0.0, "ns"), ticked(5e6, "ns"), ticked(2.5, "threads")],
            ["1×", "1.25×", "0", "5\u{a0}ms", "2.5"]
        );
    }

    #[test]
    fn what_is_so_or_not_is_told_without_a_number_or_a_drawing() {
        let mut project = project(&["reference"]);
        change(&mut project, 0, |point| "of 1".clone_into(&mut point.unit));
        let html = verdict(&project);
        assert!(
            html.contains("fast: not true</span> <span class=\"number\"><small>(in every launch)</small></span></li>"),
            "{html}"
        );
        assert!(!html.contains("<i "), "{html}");
    }

    #[test]
    fn what_editions_say_alike_stands_once() {
        let mut project = project(&["reference", "local"]);
        change(&mut project, 1, |point| {
            if point.name() == "lost/slow/2" {
                point.launches.iter_mut().for_each(|launch| launch.median *= 2.0);
            }
        });
        let html = verdict(&project);
        assert_eq!(html.matches("<p class=\"found\">").count(), 1, "{html}");
        assert_eq!(html.matches("fast: not true").count(), 1, "{html}");
        assert_eq!(html.matches("slowly: true</span> <span class=\"number\" data-e=\"0\">").count(), 1, "{html}");
        assert_eq!(html.matches("</span> <span class=\"number\" data-e=\"1\">").count(), 1, "{html}");
        // One scale for both: 500 is nearer to 0 than it would be alone.
        assert!(html.contains("--l:77.1;--u:100;") && html.contains("--l:134.3;--u:180;"), "{html}");
        assert!(html.contains("<p class=\"on\" data-e=\"1\">On your machine:</p>\n<ul class=\"cases\">"), "{html}");
        project.editions[1].recordings.clear();
        assert!(verdict(&project).contains("<p class=\"found\" data-e=\"1\"><span class=\"edition\">On your machine:</span> <strong class=\"word not-settled\">not measured"));
    }
}
