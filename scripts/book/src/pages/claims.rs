//! The ledger: all claims at once, each with its verdict over all chapters that judge it, and the tally of them as squares.

use std::mem::discriminant;

use anyhow::{Result, ensure};
use charts::html::Html;
use charts::{html, readme};
use edition::Project;
use edition::lesson::{Claim, ClaimText};
use edition::verdict::{Case, Finding, Judged, Verdict};

use super::verdict::{by_edition, each, everywhere, found, judged, list, machine, rows, word};

/// Of cases that all say the same, or could all still turn the verdict, this many are drawn.
const DRAWN: usize = 3;

/// What a claim is counted as, in the order of the tally: its class, and the word for it.
const COUNTED: [(&str, &str); 6] = [
    ("holds", "holds"),
    ("fails", "fails"),
    ("depends", "depends"),
    ("not-settled", "not settled"),
    ("not-measured", "not measured"),
    ("opinion", "nothing to judge"),
];

/// A claim and what every edition says of it.
struct Entry<'a> {
    text: &'a ClaimText,
    /// The chapters that judge it.
    judges: Vec<(&'a str, &'a Claim)>,
    found: Vec<Option<Judged<'a>>>,
}

impl<'a> Entry<'a> {
    fn of(project: &'a Project, text: &'a ClaimText) -> Result<Self> {
        let judges = judges(project, &text.id);
        ensure!(!judges.is_empty(), "no chapter judges the claim {:?} of book/claims.toml", text.id);
        let found = project.editions.iter().map(|edition| judged(project, edition, text)).collect();
        Ok(Self { text, judges, found })
    }

    /// What an edition counts it as: a place in [`COUNTED`].
    fn counted(&self, edition: usize) -> usize {
        if self.judges.iter().all(|(_, claim)| claim.opinion.is_some()) {
            return 5;
        }
        match self.found[edition].as_ref().map_or(Verdict::NotMeasured, |judged| judged.verdict) {
            Verdict::Holds => 0,
            Verdict::Fails => 1,
            Verdict::Depends => 2,
            Verdict::NotSettled => 3,
            Verdict::NotMeasured => 4,
        }
    }
}

fn entries(project: &Project) -> Result<Vec<Entry<'_>>> {
    project.main_edition()?;
    project.claims.claims.iter().map(|text| Entry::of(project, text)).collect()
}

/// All of `book/claims.toml`, in its order: the tally, which verdicts are the same on every machine, what filters them, and each claim as
/// a line that opens.
///
/// # Errors
/// No chapter judges a claim.
pub(crate) fn html(project: &Project) -> Result<Html> {
    let entries = entries(project)?;
    Ok(html!(
        "<div class=\"ledger\">\n{}\n{}{}\n{}</div>",
        squares(project, &entries, ""),
        travelling(project, &entries),
        filters(project, &entries),
        entries.iter().map(|entry| line(project, entry)).collect::<Html>()
    ))
}

/// The claims as squares that lead to their places in the ledger.
///
/// # Errors
/// As for [`html`].
pub(crate) fn tally(project: &Project) -> Result<Html> {
    Ok(squares(project, &entries(project)?, "claims.html"))
}

/// A square for each claim, in groups by verdict, for every edition.
fn squares(project: &Project, entries: &[Entry<'_>], page: &str) -> Html {
    let numbers: Vec<usize> = (0..project.editions.len()).collect();
    by_edition(&numbers, |edition, e| {
        let groups = COUNTED.iter().enumerate().filter_map(|(place, (class, words))| {
            let these: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.counted(*edition) == place).collect();
            let squares = these.iter().map(|Entry { text, .. }| {
                html!(
                    "<a href=\"{page}#{id}\" title=\"{words}: {says}\"></a>",
                    page = page,
                    id = text.id,
                    words = *words,
                    says = text.says
                )
            });
            let squares: Html = squares.collect();
            (!these.is_empty()).then(|| {
                html!("<li class=\"{}\"><span>{} {}</span> {}</li>\n", *class, these.len(), word(class, words), squares)
            })
        });
        html!("<ul class=\"tally\"{}>\n{}</ul>", *e, groups.collect::<Html>())
    })
}

/// Which verdicts are the same in all editions that have judged the claim, where there are two such editions.
fn travelling(project: &Project, entries: &[Entry<'_>]) -> Html {
    let (mut same, mut others, mut cases, mut turned) = (0, Vec::new(), 0, Vec::new());
    for Entry { text, found, .. } in entries {
        let found: Vec<&Judged<'_>> = found.iter().flatten().filter(|judged| judged.measured() > 0).collect();
        let [first, rest @ ..] = &found[..] else { continue };
        if rest.is_empty() {
            continue;
        }
        match rest.iter().all(|judged| judged.verdict == first.verdict) {
            true => same += 1,
            false => others.push(html!("<a href=\"#{}\">{}</a>", text.id, text.says)),
        }
        // A claim has the same cases in the same order in every edition. One that isn't measured everywhere says nothing.
        for (number, case) in first.cases.iter().enumerate() {
            let findings = || found.iter().map(|judged| &judged.cases[number].finding);
            if findings().any(|finding| matches!(finding, Finding::NotMeasured)) {
                continue;
            }
            cases += 1;
            if findings().any(|finding| discriminant(finding) != discriminant(&case.finding)) {
                turned.push(html!("<li><a href=\"{}.html#verdict\">{}</a></li>\n", case.slug, case.condition.says));
            }
        }
    }
    let (all, turned_count) = (same + others.len(), turned.len());
    if all == 0 {
        return Html::default();
    }
    let but = match others.is_empty() {
        true => Html::default(),
        false => html!(" Another verdict on another machine: {}", Html::joined(others, "; ")),
    };
    let which = match turned.len() {
        0 => Html::default(),
        count => html!(
            "<details><summary>{}</summary>\n<ul>\n{}</ul>\n</details>\n",
            format!("{count} case{} came out otherwise", if count == 1 { "" } else { "s" }),
            turned.into_iter().collect::<Html>()
        ),
    };
    html!(
        "<p class=\"travel\"><strong>Do the verdicts travel?</strong> On {everywhere}, {same} of {all} verdicts are the same, and {kept} of {cases} cases.{but}</p>\n{which}",
        everywhere = everywhere(project.editions.len()),
        same = same,
        all = all,
        kept = cases - turned_count,
        cases = cases,
        but = but,
        which = which,
    )
}

/// Buttons that a script makes work: by verdict, by chapter, by machine. Without scripts all claims are there, and no button.
fn filters(project: &Project, entries: &[Entry<'_>]) -> Html {
    let chip = |key: &str, value: &str, words: Html| {
        html!(
            "<button type=\"button\" data-{key}=\"{value}\" aria-pressed=\"false\">{words}</button>\n",
            key = key,
            value = value,
            words = words
        )
    };
    let group = |name: &str, head: Html, chips: Html| {
        html!("<div role=\"group\" aria-label=\"{}\">{}\n{}</div>\n", name, head, chips)
    };
    let editions = project.editions.len();
    let is_there =
        |place: &usize| entries.iter().any(|entry| (0..editions).any(|edition| entry.counted(edition) == *place));
    let verdicts = (0..COUNTED.len()).filter(is_there).map(|place| {
        let (class, words) = COUNTED[place];
        chip("verdict", class, word(class, words))
    });
    let judging = |slug: &&str| entries.iter().any(|entry| entry.judges.iter().any(|(judge, _)| judge == slug));
    let chapters = readme::in_order(project).into_iter().filter(judging);
    let chapters = chapters.map(|slug| chip("chapter", slug, html!("{}", project.lessons[slug].title)));
    let machines = project.editions.iter().enumerate().map(|(number, edition)| {
        html!(
            "<button type=\"button\" data-machine=\"{}\" data-name=\"{}\" aria-pressed=\"{}\">{}</button>\n",
            number,
            edition.name,
            if number == 0 { "true" } else { "false" },
            machine(number, edition)
        )
    });
    let machines = if editions > 1 {
        group("Machine", html!("<span>Machine</span>"), machines.collect())
    } else {
        Html::default()
    };
    html!(
        "<div class=\"filters\">\n{verdicts}{machines}<details class=\"data\"><summary>Chapter</summary>\n{chapters}</details>\n<p role=\"status\">{all} of {all} claims</p>\n</div>",
        verdicts = group("Verdict", html!("<span>Verdict</span>"), verdicts.collect()),
        chapters = group("Chapter", Html::default(), chapters.collect()),
        machines = machines,
        all = entries.len(),
    )
}

/// A claim as a line that opens: why the verdict is so, what decided it, what to say instead, who says it, which chapters judge.
fn line(project: &Project, entry: &Entry<'_>) -> Html {
    let Entry { text, judges, found: all } = entry;
    let numbers: Vec<usize> = (0..all.len()).collect();
    let counted: Vec<&str> = numbers.iter().map(|edition| COUNTED[entry.counted(*edition)].0).collect();
    let words = by_edition(&numbers, |edition, e| {
        let (class, words) = COUNTED[entry.counted(*edition)];
        html!("<strong class=\"word {}\"{}>{}</strong>", class, *e, words)
    });
    let why = match judges.iter().all(|(_, claim)| claim.opinion.is_some()) {
        true => Html::default(),
        false => list(project, &found(project, all, text), &decided(all)),
    };
    let chapters = judges.iter().map(|(slug, _)| {
        html!("<a href=\"{slug}.html#verdict\">{title}</a>", slug = *slug, title = project.lessons[*slug].title)
    });
    html!(
        "<details class=\"claim\" data-verdicts=\"{verdicts}\" data-chapters=\"{slugs}\">\n<summary>{words} <q>{says}</q></summary>\n\
         <div class=\"verdict\" id=\"{id}\">\n{why}<p><em>Instead:</em> {instead}</p>\n\
         {reading}<p><small>{said}Judged in {chapters}.</small></p>\n</div>\n</details>\n",
        verdicts = counted.join(" "),
        slugs = judges.iter().map(|(slug, _)| *slug).collect::<Vec<_>>().join(" "),
        words = words,
        says = text.says,
        id = text.id,
        why = why,
        instead = inline(&text.instead),
        reading = text
            .reading
            .iter()
            .map(|reading| html!("<p><em>How we read it:</em> {}</p>\n", inline(reading)))
            .collect::<Html>(),
        said =
            text.said.iter().map(|said| html!("<cite>{}</cite>: <q>{}</q><br>", said.by, said.words)).collect::<Html>(),
        chapters = Html::joined(chapters, ", "),
    )
}

/// The cases that decided, drawn; where all say the same or several are open, the first of them and how many more there are.
fn decided(all: &[Option<Judged<'_>>]) -> Html {
    let more = each(all, deciding).iter().map(|cases| cases.len().saturating_sub(DRAWN)).collect::<Vec<_>>();
    let drawn = each(all, |judged| deciding(judged).into_iter().take(DRAWN).collect());
    let more = by_edition(&more, |more, e| match more {
        0 => Html::default(),
        more => html!("<li{}>and {} more</li>\n", *e, *more),
    });
    html!("{}{}", rows(&drawn, true), more)
}

fn deciding<'a>(judged: &Judged<'a>) -> Vec<Case<'a>> {
    match judged.deciding() {
        none if none.is_empty() => {
            judged.cases.iter().filter(|case| case.finding != Finding::NotMeasured).copied().collect()
        }
        these => these.into_iter().copied().collect(),
    }
}

/// The lessons that judge a claim, in the order of their chapters, each with what it says of the claim.
pub(crate) fn judges<'a>(project: &'a Project, id: &str) -> Vec<(&'a str, &'a Claim)> {
    let of = |slug: &'a str| Some((slug, project.lessons[slug].claims.iter().find(|claim| claim.id == id)?));
    readme::in_order(project).into_iter().filter_map(of).collect()
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

    /// What the point `lost/slow/2` of an edition becomes.
    fn with_slow(project: &mut Project, edition: usize, medians: [f64; 3]) {
        let is_slow = |point: &&mut Point| point.name() == "lost/slow/2";
        let points = &mut project.editions[edition].recordings.get_mut("example").unwrap().points;
        for (launch, median) in points.iter_mut().find(is_slow).unwrap().launches.iter_mut().zip(medians) {
            (launch.median, launch.lower, launch.upper) = (median, median, median);
        }
    }

    fn ledger(project: &Project) -> String {
        String::from(html(project).unwrap()).replace('\u{a0}', " ")
    }

    #[test]
    fn every_claim_is_a_square_and_a_line_that_opens() {
        let html = ledger(&project(&["reference", "local"]));
        for part in [
            "<li class=\"holds\"><span>1 <strong class=\"word holds\">holds</strong></span> <a href=\"#fast-is-fast\" title=\"holds: Fast is fast.\"></a></li>",
            "<li class=\"opinion\"><span>1 <strong class=\"word opinion\">nothing to judge</strong>",
            "<strong>Do the verdicts travel?</strong> On both machines, 2 of 2 verdicts are the same, and 3 of 3 cases.</p>",
            "<button type=\"button\" data-verdict=\"depends\" aria-pressed=\"false\">",
            "<button type=\"button\" data-chapter=\"example\" aria-pressed=\"false\">An example</button>",
            "<button type=\"button\" data-machine=\"0\" data-name=\"reference\" aria-pressed=\"true\">this book's machine</button>",
            "<button type=\"button\" data-machine=\"1\" data-name=\"local\" aria-pressed=\"false\">your machine</button>",
            "<details class=\"claim\" data-verdicts=\"depends depends\" data-chapters=\"example\">\n<summary><strong class=\"word depends\">depends</strong> <q>Who is slow loses.</q></summary>",
            "<div class=\"verdict\" id=\"slow-loses\">\n<p class=\"found\"><span class=\"edition\">On both machines:</span> <strong class=\"word depends\">depends</strong> on <em>how</em> slow it is.</p>",
            "<p><em>Instead:</em> Say <em>less</em>.</p>",
            "<cite>A text</cite>: <q>It is fast.</q><br><cite>Another</cite>: <q>Fast &amp; so.</q><br>Judged in <a href=\"example.html#verdict\">An example</a>.",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        // Both say the same, so it stands once.
        assert!(!html.contains("data-e=") && !html.contains("Another verdict"), "{html}");
        assert!(!html.contains("\n\n"), "a blank line would end the block: {html}");
    }

    #[test]
    fn what_another_machine_says_stands_once_for_each() {
        let mut project = project(&["reference", "local"]);
        with_slow(&mut project, 1, [0.0; 3]);
        let html = ledger(&project);
        for part in [
            "data-verdicts=\"depends fails\"",
            "<summary><strong class=\"word depends\" data-e=\"0\">depends</strong><strong class=\"word fails\" data-e=\"1\">fails</strong> <q>",
            "<ul class=\"tally\" data-e=\"1\">",
            "<p class=\"found\" data-e=\"0\"><span class=\"edition\">On this book's machine:</span>",
            "<p class=\"found\" data-e=\"1\"><span class=\"edition\">On your machine:</span>",
            "1 of 2 verdicts are the same, and 2 of 3 cases. Another verdict on another machine: <a href=\"#slow-loses\">",
            "<summary>1 case came out otherwise</summary>\n<ul>\n<li><a href=\"example.html#verdict\">slowly</a></li>",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        project.editions.truncate(1);
        assert!(!ledger(&project).contains("Which travel") && !ledger(&project).contains("data-machine"));
    }

    #[test]
    fn what_was_not_measured_is_counted_as_that() {
        let mut project = project(&["reference", "local"]);
        project.editions[1].recordings.clear();
        let html = ledger(&project);
        assert!(html.contains("<li class=\"not-measured\"><span>2 <strong"), "{html}");
        assert!(html.contains("data-verdicts=\"holds not-measured\""), "{html}");
        assert!(html.contains("not measured on this machine</strong>.</p>"), "{html}");
    }

    #[test]
    fn the_cases_that_decided_are_drawn_and_lead_to_their_chapter() {
        let mut project = project(&["reference"]);
        let html = ledger(&project);
        assert!(
            html.contains("<a href=\"example.html#verdict\">slowly</a>: true</span> <span class=\"number"),
            "{html}"
        );
        // Of cases that say the same, some stand for all.
        let claim =
            project.lessons.get_mut("example").unwrap().claims.iter_mut().find(|claim| claim.id == "fast-is-fast");
        let conditions = &mut claim.unwrap().conditions;
        *conditions = vec![conditions[0].clone(); 5];
        let html = ledger(&project);
        assert_eq!(
            html.matches("<a href=\"example.html#verdict\">with one worker</a>: true</span> <span class=\"number")
                .count(),
            3,
            "{html}"
        );
        assert!(html.contains("<li>and 2 more</li>"), "{html}");
    }

    #[test]
    fn the_tally_leads_to_the_ledger() {
        let tally = String::from(tally(&project(&["reference"])).unwrap());
        assert!(
            tally.contains("<a href=\"claims.html#slow-loses\" title=\"depends: Who is slow loses.\"></a>"),
            "{tally}"
        );
    }

    #[test]
    fn a_claim_that_no_chapter_judges_is_named() {
        let mut project = project(&["reference"]);
        project.lessons.get_mut("example").unwrap().claims.remove(0);
        let error = html(&project).unwrap_err().to_string();
        assert!(error.contains("no chapter judges the claim \"slow-loses\""), "{error}");
    }
}
