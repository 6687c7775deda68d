//! All claims at once, each with its verdict over all chapters that judge it.

use std::iter::once;
use std::mem::discriminant;

use anyhow::{Result, ensure};
use base::quantity::Quantity;
use charts::html::Html;
use charts::{html, readme};
use edition::estimate::Estimate;
use edition::lesson::{Claim, ClaimText};
use edition::verdict::{self, Case, Finding, Judged, Verdict};
use edition::{Edition, Project};

/// All of `book/claims.toml`, in its order: first, how many there are of each verdict, and which are the same on every machine; then each
/// claim with its verdicts, the chapters that judge it, and what to say instead.
///
/// # Errors
/// No chapter judges a claim.
pub(crate) fn html(project: &Project) -> Result<Html> {
    let counts = project.editions.iter().map(|edition| counted(project, edition));
    let cards = project.claims.claims.iter().map(|text| card(project, text)).collect::<Result<Vec<_>>>()?;
    let counts = counts.chain(travelling(project));
    Ok(html!("{}\n{}", Html::joined(counts, "\n"), cards.into_iter().collect::<Html>()))
}

/// Which verdicts are the same in all editions that have judged the claim, where there are two such editions.
fn travelling(project: &Project) -> Option<Html> {
    let (mut same, mut others, mut cases, mut turned) = (0, Vec::new(), 0, Vec::new());
    for text in &project.claims.claims {
        let of = |edition| judged(project, edition, text).filter(|judged| judged.measured() > 0);
        let [first, rest @ ..] = &project.editions.iter().filter_map(of).collect::<Vec<_>>()[..] else { continue };
        if rest.is_empty() {
            continue;
        }
        match rest.iter().all(|judged| judged.verdict == first.verdict) {
            true => same += 1,
            false => others.push(html!("<a href=\"#{}\">{}</a>", text.id, text.says)),
        }
        // A claim has the same cases in the same order in every edition. One that isn't measured everywhere says nothing.
        for (number, case) in first.cases.iter().enumerate() {
            let findings = || once(&case.finding).chain(rest.iter().map(|judged| &judged.cases[number].finding));
            if findings().any(|finding| matches!(finding, Finding::NotMeasured)) {
                continue;
            }
            cases += 1;
            if findings().any(|finding| discriminant(finding) != discriminant(&case.finding)) {
                turned.push(html!("<li><a href=\"{}.html#verdict\">{}</a></li>\n", case.slug, case.condition.says));
            }
        }
    }
    let all = same + others.len();
    let but = match others.is_empty() {
        true => Html::default(),
        false => html!(" Another machine gave another verdict on {}.", Html::joined(others, "; ")),
    };
    let which = match turned.len() {
        0 => Html::default(),
        _ => html!(
            "\n<details><summary>The cases that came out otherwise</summary>\n<ul>\n{}</ul>\n</details>",
            Html::joined(turned.iter().cloned(), "")
        ),
    };
    (all > 0).then(|| {
        html!(
            "<p class=\"counted\">Which travel: {same} of {all} verdicts are the same in every edition, as are {same_cases} of {cases} \
             cases that decide them.{but}</p>{which}",
            same = same,
            all = all,
            same_cases = cases - turned.len(),
            cases = cases,
            but = but,
            which = which,
        )
    })
}

/// The lessons that judge a claim, in the order of their chapters, each with what it says of the claim.
pub(crate) fn judges<'a>(project: &'a Project, id: &str) -> Vec<(&'a str, &'a Claim)> {
    let of = |slug: &'a str| Some((slug, project.lessons[slug].claims.iter().find(|claim| claim.id == id)?));
    readme::in_order(project).into_iter().filter_map(of).collect()
}

/// What an edition says of a claim, from the cases of all chapters that judge it. Nothing if it has recorded none of these
/// chapters, or none of them has a case.
pub(crate) fn judged<'a>(project: &'a Project, edition: &'a Edition, text: &ClaimText) -> Option<Judged<'a>> {
    let judges = judges(project, &text.id).into_iter().filter(|(_, claim)| claim.opinion.is_none());
    let judges: Vec<_> = judges.collect();
    let is_recorded = judges.iter().any(|(slug, _)| edition.recordings.contains_key(*slug));
    is_recorded.then(|| verdict::judge(edition, text.scope(), judges))
}

/// The verdict, and why it is so: on what it depends, or that one case was enough. Where the cases don't stand below it,
/// `of_case` tells those that decided.
pub(crate) fn reason(judged: &Judged<'_>, text: &ClaimText, of_case: Option<&dyn Fn(&Case<'_>) -> Html>) -> Html {
    let verdict = judged.verdict;
    let deciding = judged.deciding();
    let told = of_case.map(|of_case| html!(": {}", Html::joined(deciding.iter().map(|case| of_case(case)), "; ")));
    let why = match (verdict, text.scope()) {
        (Verdict::Depends, _) => html!(" on {}", inline(text.depends_on.as_deref().unwrap_or_default())),
        _ if deciding.is_empty() => Html::default(),
        (Verdict::NotSettled, _) if deciding.len() == 1 => html!(", as one case could still turn"),
        (Verdict::NotSettled, _) => html!(", as {} cases could still turn", deciding.len()),
        (Verdict::Fails, _) => html!(", as it speaks of every case and not all hold"),
        _ => html!(", as it speaks of some case and one holds"),
    };
    let why = html!("{}{}.", why, told.filter(|_| !deciding.is_empty()).unwrap_or_default());
    let missing = judged.cases.len() - judged.measured();
    let missing = match (verdict, missing) {
        (Verdict::NotMeasured, _) | (_, 0) => Html::default(),
        (_, 1) => html!(" One of its cases couldn't be measured here."),
        (_, missing) => html!(" {} of its {} cases couldn't be measured here.", missing, judged.cases.len()),
    };
    html!("<strong class=\"word {}\">{}</strong>{}{}", verdict.class(), verdict.in_words(), why, missing)
}

/// A case in words, with its finding: `on one core: holds; 0.98 times (0.95 to 1.01 times)`.
pub(crate) fn case(Case { condition, finding, unit, .. }: &Case<'_>) -> Html {
    let number = |estimate: &Estimate| match *unit {
        // The case says which it is, and the number could only be misread.
        "of 1" => html!(" <small>({})</small>", estimate.range(unit)),
        _ => html!("; {} <small>({})</small>", estimate.exact(unit), estimate.range(unit)),
    };
    let (word, number) = match finding {
        Finding::Holds(estimate) => ("holds", number(estimate)),
        Finding::Fails(estimate) => ("fails", number(estimate)),
        Finding::NotSettled(estimate) => {
            let threshold = condition.above.or(condition.below).unwrap_or_default();
            let threshold = Quantity { value: threshold, unit }.short();
            let range = estimate.range(unit);
            return html!("{}: not settled, as {} lies across {}", condition.says, range, threshold);
        }
        Finding::NotMeasured => ("not measured", Html::default()),
    };
    html!("{}: {}{}", condition.says, word, number)
}

fn counted(project: &Project, edition: &Edition) -> Html {
    let all = project.claims.claims.iter().map(|text| Some(judged(project, edition, text)?.verdict));
    let all: Vec<Option<Verdict>> = all.collect();
    let opinions = project.claims.claims.iter().filter(|text| {
        let judges = judges(project, &text.id);
        judges.iter().all(|(_, claim)| claim.opinion.is_some())
    });
    let opinions = opinions.count();
    let count = |verdict: Verdict| all.iter().filter(|found| **found == Some(verdict)).count();
    let mut counts: Vec<(usize, &str)> = [Verdict::Holds, Verdict::Fails, Verdict::Depends, Verdict::NotSettled]
        .map(|v| (count(v), v.in_words()))
        .into();
    let known = counts.iter().map(|(count, _)| count).sum::<usize>();
    counts.push((all.len() - opinions - known, Verdict::NotMeasured.in_words()));
    counts.push((opinions, "nothing to judge"));
    let words: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{word}: {count}")).collect();
    html!("<p class=\"counted\">Edition {}, of {} claims: {}.</p>", edition.name, all.len(), words.join("; "))
}

fn card(project: &Project, text: &ClaimText) -> Result<Html> {
    let judges = judges(project, &text.id);
    ensure!(!judges.is_empty(), "no chapter judges the claim {:?} of book/claims.toml", text.id);
    let editions = project.editions.iter().filter_map(|edition| {
        let judged = judged(project, edition, text)?;
        let of_case = |found: &Case<'_>| html!("<a href=\"{}.html#verdict\">{}</a>", found.slug, case(found));
        let reason = reason(&judged, text, Some(&of_case));
        Some(html!("<li><span class=\"edition\">Edition {}</span> {}</li>\n", edition.name, reason))
    });
    let opinion = match judges.iter().all(|(_, claim)| claim.opinion.is_some()) {
        true => html!("<li><strong class=\"word opinion\">nothing to judge</strong></li>\n"),
        false => Html::default(),
    };
    let chapters = judges.iter().map(|(slug, _)| html!("<a href=\"{slug}.html#verdict\">{slug}</a>", slug = slug));
    Ok(html!(
        "<div class=\"verdict\" id=\"{id}\">\n<p class=\"claim\"><q>{says}</q> <small>({sources})</small></p>\n\
         <ul class=\"editions\">\n{editions}{opinion}</ul>\n<p>Instead: {instead}</p>\n\
         <p><small>Judged in {chapters}.</small></p>\n</div>\n",
        id = text.id,
        says = text.says,
        sources = text.sources.join("; "),
        editions = editions.collect::<Html>(),
        opinion = opinion,
        instead = inline(&text.instead),
        chapters = Html::joined(chapters, ", "),
    ))
}

/// A line of Markdown as HTML, without the paragraph around it.
pub(crate) fn inline(markdown: &str) -> Html {
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(markdown));
    let html = html.trim();
    let line = html.strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>")).unwrap_or(html);
    Html::made(line.replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::Point;
    use edition::example::project;
    use edition::lesson::Quantifier;

    #[test]
    fn every_claim_has_its_verdict_in_every_edition_and_what_to_say_instead() {
        let html = String::from(html(&project(&["reference", "local"])).unwrap());
        assert!(html.contains("Edition reference, of 3 claims: holds: 1; depends: 1; nothing to judge: 1."), "{html}");
        assert_eq!(
            html.matches("<strong class=\"word depends\">depends</strong> on <em>how</em> slow it is: <a href").count(),
            2,
            "{html}"
        );
        assert_eq!(html.matches("<strong class=\"word opinion\">").count(), 1, "{html}");
        assert!(html.contains("<p>Instead: Say <em>less</em>.</p>"), "{html}");
        assert!(html.contains("<a href=\"example.html#verdict\">example</a>"), "{html}");
        assert!(html.contains("2 of 2 verdicts are the same in every edition, as are 3 of 3 cases"), "{html}");
        assert!(!html.contains("Another machine"), "{html}");
        assert!(!html.contains("\n\n"), "a blank line would end the block: {html}");
    }

    #[test]
    fn a_verdict_that_another_machine_does_not_give_is_named() {
        let mut project = project(&["reference", "local"]);
        let none_lost = |point: &mut Point| {
            if point.name() == "lost/slow/2" {
                point
                    .launches
                    .iter_mut()
                    .for_each(|launch| (launch.median, launch.lower, launch.upper) = (0.0, 0.0, 0.0));
            }
        };
        project.editions[1].recordings.get_mut("example").unwrap().points.iter_mut().for_each(none_lost);
        let told = String::from(travelling(&project).unwrap());
        assert!(told.contains("1 of 2 verdicts are the same in every edition, as are 2 of 3 cases"), "{told}");
        assert!(told.contains("another verdict on <a href=\"#slow-loses\">"), "{told}");
        assert!(told.contains("<li><a href=\"example.html#verdict\">slowly</a></li>"), "{told}");
        project.editions[1].recordings.clear();
        assert!(travelling(&project).is_none());
    }

    #[test]
    fn the_case_that_decided_is_told_and_what_could_not_be_measured_takes_nothing() {
        let mut project = project(&["reference"]);
        let of = |project: &Project| {
            let text = project.claims.claims.iter().find(|text| text.id == "slow-loses").unwrap();
            let judged = judged(project, &project.editions[0], text).unwrap();
            String::from(reason(&judged, text, Some(&case))).replace('\u{a0}', " ")
        };
        assert_eq!(
            of(&project),
            "<strong class=\"word depends\">depends</strong> on <em>how</em> slow it is: slowly: holds; 600 updates \
             <small>(500 to 700 updates)</small>; fast: fails; 0 updates <small>(in every launch)</small>."
        );
        let claim = project.claims.claims.iter_mut().find(|text| text.id == "slow-loses").unwrap();
        (claim.holds_if, claim.depends_on) = (Some(Quantifier::Every), None);
        let said = of(&project);
        assert!(said.contains("fails</strong>, as it speaks of every case and not all hold: fast: fails;"), "{said}");
        project.editions[0].recordings.get_mut("example").unwrap().points.retain(|point| point.name() != "lost/fast/2");
        let said = of(&project);
        assert!(said.ends_with("holds</strong>. One of its cases couldn't be measured here."), "{said}");
        let slow = |point: &mut Point| {
            if point.name() == "lost/slow/2" {
                point.launches[0].median = 0.0;
            }
        };
        project.editions[0].recordings.get_mut("example").unwrap().points.iter_mut().for_each(slow);
        let said = of(&project);
        assert!(
            said.contains("as one case could still turn: slowly: not settled, as 0 to 700 updates lies across 0"),
            "{said}"
        );
    }

    #[test]
    fn what_is_so_or_not_is_told_without_a_number() {
        let mut project = project(&["reference"]);
        let of_1 = |point: &mut Point| "of 1".clone_into(&mut point.unit);
        project.editions[0].recordings.get_mut("example").unwrap().points.iter_mut().for_each(of_1);
        let text = project.claims.claims.iter().find(|text| text.id == "slow-loses").unwrap();
        let judged = judged(&project, &project.editions[0], text).unwrap();
        let told: Vec<String> = judged.cases.iter().map(|found| case(found).into()).collect();
        assert_eq!(told[1], "fast: fails <small>(in every launch)</small>");
    }

    #[test]
    fn what_was_not_measured_is_counted_as_that() {
        let mut project = project(&["reference", "local"]);
        project.editions[1].recordings.clear();
        let html = String::from(html(&project).unwrap());
        assert!(
            html.contains("Edition local, of 3 claims: not measured on this machine: 2; nothing to judge: 1."),
            "{html}"
        );
        assert_eq!(html.matches("<span class=\"edition\">Edition local").count(), 0);
    }

    #[test]
    fn a_claim_that_no_chapter_judges_is_named() {
        let mut project = project(&["reference"]);
        project.lessons.get_mut("example").unwrap().claims.remove(0);
        let error = html(&project).unwrap_err().to_string();
        assert!(error.contains("no chapter judges the claim \"slow-loses\""), "{error}");
    }
}
