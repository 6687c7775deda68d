//! All claims at once, each with its verdict over all chapters that judge it.

use std::fmt::Write;

use anyhow::{Result, ensure};
use charts::readme;
use charts::svg::escape;
use edition::lesson::{Claim, ClaimText};
use edition::verdict::{self, Finding, Verdict};
use edition::{Edition, Project};

/// All of `book/claims.toml`, in its order: first, how many there are of each verdict; then each claim with its verdicts,
/// the chapters that judge it, and what to say instead.
///
/// # Errors
/// No chapter judges a claim.
pub(crate) fn html(project: &Project) -> Result<String> {
    let mut cards = String::new();
    for text in &project.claims.claims {
        cards.push_str(&card(project, text)?);
    }
    let counts: Vec<String> = project.editions.iter().map(|edition| counted(project, edition)).collect();
    Ok(format!("{}\n{cards}", counts.join("\n")))
}

/// The lessons that judge a claim, in the order of their chapters, each with what it says of the claim.
fn judges<'a>(project: &'a Project, id: &str) -> Vec<(&'a str, &'a Claim)> {
    let of = |slug: &'a str| Some((slug, project.lessons[slug].claims.iter().find(|claim| claim.id == id)?));
    readme::in_order(project).into_iter().filter_map(of).collect()
}

/// What an edition says of a claim, from the cases of all chapters that it has: the verdict, how many cases hold, and how
/// many there are. Nothing if it has none of these chapters, or none of them has a case.
fn judged(edition: &Edition, judges: &[(&str, &Claim)]) -> Option<(Verdict, usize, usize)> {
    let judges = judges.iter().filter(|(_, claim)| claim.opinion.is_none());
    if !judges.clone().any(|(slug, _)| edition.recordings.contains_key(*slug)) {
        return None;
    }
    let findings: Vec<Finding> = judges
        .flat_map(|(slug, claim)| verdict::judge(edition, slug, claim).1)
        .map(|(_, finding, _)| finding)
        .collect();
    let hold = findings.iter().filter(|finding| matches!(finding, Finding::Holds(_))).count();
    Some((Verdict::of(findings.iter()), hold, findings.len()))
}

fn counted(project: &Project, edition: &Edition) -> String {
    let all: Vec<Option<Verdict>> = project
        .claims
        .claims
        .iter()
        .map(|text| judged(edition, &judges(project, &text.id)).map(|(verdict, ..)| verdict))
        .collect();
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
    format!(
        "<p class=\"counted\">Edition {}, of {} claims: {}.</p>",
        escape(&edition.name),
        all.len(),
        words.join("; ")
    )
}

fn card(project: &Project, text: &ClaimText) -> Result<String> {
    let judges = judges(project, &text.id);
    ensure!(!judges.is_empty(), "no chapter judges the claim {:?} of book/claims.toml", text.id);
    let mut html = format!(
        "<div class=\"verdict\" id=\"{}\">\n<p class=\"claim\"><q>{}</q> <small>({})</small></p>\n<ul class=\"editions\">\n",
        escape(&text.id),
        escape(&text.says),
        escape(&text.sources.join("; ")),
    );
    for edition in &project.editions {
        let Some((verdict, hold, all)) = judged(edition, &judges) else { continue };
        let share = if verdict == Verdict::Depends { format!(" {hold} of {all} cases hold") } else { String::new() };
        let _ = writeln!(
            html,
            "<li><span class=\"edition\">Edition {}</span> <strong class=\"word {}\">{}</strong>{share}</li>",
            escape(&edition.name),
            verdict.class(),
            verdict.in_words(),
        );
    }
    if judges.iter().all(|(_, claim)| claim.opinion.is_some()) {
        html.push_str("<li><strong class=\"word opinion\">nothing to judge</strong></li>\n");
    }
    let chapters: Vec<String> =
        judges.iter().map(|(slug, _)| format!("<a href=\"{slug}.html#verdict\">{slug}</a>")).collect();
    let _ = writeln!(
        html,
        "</ul>\n<p>Instead: {}</p>\n<p><small>Judged in {}.</small></p>\n</div>",
        inline(&text.instead),
        chapters.join(", ")
    );
    Ok(html)
}

/// A line of Markdown as HTML, without the paragraph around it.
pub(crate) fn inline(markdown: &str) -> String {
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(markdown));
    let html = html.trim();
    html.strip_prefix("<p>").and_then(|html| html.strip_suffix("</p>")).unwrap_or(html).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example::project;

    #[test]
    fn every_claim_has_its_verdict_in_every_edition_and_what_to_say_instead() {
        let html = html(&project(&["reference", "local"])).unwrap();
        assert!(html.contains("Edition reference, of 3 claims: holds: 1; depends: 1; nothing to judge: 1."), "{html}");
        assert_eq!(
            html.matches("<strong class=\"word depends\">depends</strong> 1 of 2 cases hold").count(),
            2,
            "{html}"
        );
        assert_eq!(html.matches("<strong class=\"word opinion\">").count(), 1, "{html}");
        assert!(html.contains("<p>Instead: Say <em>less</em>.</p>"), "{html}");
        assert!(html.contains("<a href=\"example.html#verdict\">example</a>"), "{html}");
        assert!(!html.contains("\n\n"), "a blank line would end the block: {html}");
    }

    #[test]
    fn what_was_not_measured_is_counted_as_that() {
        let mut project = project(&["reference", "local"]);
        project.editions[1].recordings.clear();
        let html = html(&project).unwrap();
        assert!(
            html.contains("Edition local, of 3 claims: not measured in this edition: 2; nothing to judge: 1."),
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
