//! Pages with planted faults, as `browser/faults.toml` lists them, and the check that has to find each.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use edition::{Project, REFERENCE};
use libtest_mimic::Trial;
use serde::Deserialize;

use crate::checks::{CHECKS, Check};
use crate::chromium::{BECOMES_WITHIN, Chromium};
use crate::{NO_AXE, Shared, left_out, root, trial};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faulty {
    /// The check that has to find the faults.
    by: String,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    /// What is put at the end of a good page's text.
    html: String,
    /// Words that one finding has.
    says: Vec<String>,
}

fn faulty() -> Result<Vec<Faulty>> {
    #[derive(Deserialize)]
    struct Pages {
        page: Vec<Faulty>,
    }
    Ok(toml::from_str::<Pages>(include_str!("../../browser/faults.toml"))?.page)
}

/// A page that every check passes: the text is the faults' own, the rest is the book's.
const TEXT: &str = "<h1>A page</h1><p>Some words, such as <a href='glossary.html#thread'>thread</a>.</p>\
    <div class='listing'><section><p class='says'>One way</p><pre><code>one</code></pre></section>\
    <section><p class='says'>Another</p><pre><code>another</code></pre></section></div>\
    <pre class='session'><code><span data-v='slow'>slow 1</span></code></pre>";

/// Choices that open a chapter, and a slider, as a chapter has them, and where their results are.
const PREDICTIONS: &str = "{{#opening how-much}}\n{{#predict how-long}}\n{{#predicted how-much}}\n{{#predicted how-long}}\n\n{{#figure cost}}";

/// A chart with two drawings, in which a guess has its place: one along a linear axis, one up a logarithmic one.
const CHART: &str = "<figure data-chart='lost'>\
    <svg viewBox='0 0 300 120' width='300' height='120' data-axis='{\"scale\":\"linear\",\"from\":0,\"to\":2000,\
    \"places\":[20,280],\"across\":[20,100],\"along\":\"x\"}'></svg>\
    <svg viewBox='0 0 300 120' width='300' height='120' data-axis='{\"scale\":\"log\",\"from\":1,\"to\":800,\
    \"places\":[100,20],\"across\":[20,280],\"along\":\"y\"}'></svg><figcaption>A chart</figcaption></figure>";

/// Writes the pages with faults, and one without, into the book.
pub fn write(book: &Path) -> Result<()> {
    let index = fs::read_to_string(book.join("index.html"))?;
    let (head, rest) = index.split_once("<main>").context("index.html has no main")?;
    let (_, foot) = rest.split_once("</main>").context("index.html has no end of main")?;
    // The page that follows is the book's own, and keeps the machine by its edition's name.
    let kept = Project::open(root()?)?.editions;
    let other = kept.iter().find(|edition| edition.name != REFERENCE).map_or("other", |edition| &edition.name);
    let project = edition::example::project(&[REFERENCE, other]);
    let asked = book::pages::expand(&project, Path::new("example.md"), PREDICTIONS);
    let asked = asked.map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let page = |faults: &str| format!("{head}<main>{TEXT}{asked}{CHART}{faults}</main>{foot}");
    fs::write(book.join("faultless.html"), page(""))?;
    for (number, faulty) in faulty()?.iter().enumerate() {
        let faults: String = faulty.faults.iter().map(|fault| &fault.html[..]).collect();
        fs::write(book.join(format!("faulty-{number}.html")), page(&faults))?;
    }
    Ok(())
}

/// The page without a fault passes all checks, and on the others every fault is found.
pub fn trials(shared: &Arc<Shared>) -> Result<Vec<Trial>> {
    let ask = |chromium: &mut Chromium, shared: &Shared, check: &Check, page: &str| {
        check.ask(chromium, &format!("{}{page}.html", shared.site), check.views[0], shared.axe.as_deref())
    };
    let mut trials = vec![trial(shared, "a page without faults passes".to_owned(), move |chromium, shared| {
        let found: Result<Vec<_>> = CHECKS.iter().map(|check| ask(chromium, shared, check, "faultless")).collect();
        Ok(found?.concat())
    })];
    for (number, Faulty { by, faults }) in faulty()?.into_iter().enumerate() {
        let check = CHECKS.iter().find(|check| check.is == by).with_context(|| format!("no check {by:?}"))?;
        let name = format!("planted faults {number}, {by}");
        if shared.axe.is_none() && faults.iter().flat_map(|fault| &fault.says).any(|says| says.contains("axe")) {
            trials.push(Trial::ignorable_test(name, || left_out(NO_AXE)));
            continue;
        }
        trials.push(trial(shared, name, move |chromium, shared| {
            // What never becomes true is what is looked for.
            chromium.becomes_within = Duration::from_secs(2);
            let found = ask(chromium, shared, check, &format!("faulty-{number}"))?;
            chromium.becomes_within = BECOMES_WITHIN;
            let tells = |fault: &Fault| found.iter().any(|found| fault.says.iter().all(|words| found.contains(words)));
            let missed: Vec<&str> = faults.iter().filter(|fault| !tells(fault)).map(|fault| &fault.html[..]).collect();
            ensure!(missed.is_empty(), "not found: {missed:#?}\nbut only: {found:#?}");
            Ok(Vec::new())
        }));
    }
    Ok(trials)
}
