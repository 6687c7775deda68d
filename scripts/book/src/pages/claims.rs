//! All claims at once, each with its verdict over all chapters that judge it.

use anyhow::{Result, ensure};
use charts::html::Html;
use charts::{html, readme};
use edition::lesson::{Claim, ClaimText};
use edition::verdict::{self, Finding, Verdict};
use edition::{Edition, Project};

/// All of `book/claims.toml`, in its order: first, how many there are of each verdict; then each claim with its verdicts,
/// the chapters that judge it, and what to say instead.
///
/// # Errors
/// No chapter judges a claim.
pub(crate) fn html(project: &Project) -> Result<Html> {
    let counts = project.editions.iter().map(|edition| counted(project, edition));
    let cards = project.claims.claims.iter().map(|text| card(project, text)).collect::<Result<Vec<_>>>()?;
    Ok(html!("{}\n{}", Html::joined(counts, "\n"), cards.into_iter().collect::<Html>()))
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

fn counted(project: &Project, edition: &Edition) -> Html {
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
    html!("<p class=\"counted\">Edition {}, of {} claims: {}.</p>", edition.name, all.len(), words.join("; "))
}

fn card(project: &Project, text: &ClaimText) -> Result<Html> {
    let judges = judges(project, &text.id);
    ensure!(!judges.is_empty(), "no chapter judges the claim {:?} of book/claims.toml", text.id);
    let editions = project.editions.iter().filter_map(|edition| {
        let (verdict, hold, all) = judged(edition, &judges)?;
        let share = if verdict == Verdict::Depends { format!(" {hold} of {all} cases hold") } else { String::new() };
        Some(html!(
            "<li><span class=\"edition\">Edition {}</span> <strong class=\"word {}\">{}</strong>{}</li>\n",
            edition.name,
            verdict.class(),
            verdict.in_words(),
            share
        ))
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
    use edition::example::project;

    #[test]
    fn every_claim_has_its_verdict_in_every_edition_and_what_to_say_instead() {
        let html = String::from(html(&project(&["reference", "local"])).unwrap());
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
        let html = String::from(html(&project).unwrap());
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
