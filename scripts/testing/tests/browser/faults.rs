//! Pages with planted faults, as `browser/faults.toml` lists them, and the check that has to find each.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use serde::Deserialize;

use crate::chromium::{BECOMES_WITHIN, Chromium};
use crate::page::{Page, View};
use crate::{NO_AXE, Shared, checks, in_every_theme, left_out, trial};

/// The check that has to find a fault.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum By {
    Looks,
    Axe,
    Themes,
    Loads,
    Keyboard,
    Paper,
    #[serde(rename = "no scripts")]
    NoScripts,
    Predictions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faulty {
    by: By,
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
const TEXT: &str = "<h1>A page</h1><p>Some words.</p>";
const PREDICTION: &str = "<details class='predict' id='predict-a-b' data-key='a/b'><summary>How many?</summary>\
    <ol><li>one</li><li>two</li></ol></details><p class='predicted' data-key='a/b'>Two.</p>";

/// Writes the pages with faults, and one without, into the book.
pub fn write(book: &Path) -> Result<()> {
    let index = fs::read_to_string(book.join("index.html"))?;
    let (head, rest) = index.split_once("<main>").context("index.html has no main")?;
    let (_, foot) = rest.split_once("</main>").context("index.html has no end of main")?;
    let page = |faults: &str| format!("{head}<main>{TEXT}{PREDICTION}{faults}</main>{foot}");
    fs::write(book.join("faultless.html"), page(""))?;
    for (number, faulty) in faulty()?.iter().enumerate() {
        let faults: String = faulty.faults.iter().map(|fault| &fault.html[..]).collect();
        fs::write(book.join(format!("faulty-{number}.html")), page(&faults))?;
    }
    Ok(())
}

/// The page without a fault passes all checks, and on the others every fault is found.
pub fn trials(shared: &Arc<Shared>) -> Result<Vec<Trial>> {
    let faultless = trial(shared, "a page without faults passes".to_owned(), move |chromium, shared| {
        let mut found = Vec::new();
        for by in [By::Looks, By::Axe, By::Themes, By::Loads, By::Keyboard, By::Paper, By::NoScripts, By::Predictions] {
            found.extend(find(by, chromium, shared, &format!("{}faultless.html", shared.site))?);
        }
        Ok(found)
    });
    let faulty = faulty()?.into_iter().enumerate().map(|(number, Faulty { by, faults })| {
        let name = format!("planted faults {number}, {by:?}");
        if matches!(by, By::Axe | By::Themes) && shared.axe.is_none() {
            return Trial::ignorable_test(name, || left_out(NO_AXE));
        }
        trial(shared, name, move |chromium, shared| {
            // What never becomes true is what is looked for.
            chromium.becomes_within = Duration::from_secs(2);
            let found = find(by, chromium, shared, &format!("{}faulty-{number}.html", shared.site))?;
            chromium.becomes_within = BECOMES_WITHIN;
            let tells = |fault: &Fault, finding: &String| fault.says.iter().all(|words| finding.contains(words));
            let missed: Vec<&Fault> =
                faults.iter().filter(|fault| !found.iter().any(|finding| tells(fault, finding))).collect();
            let missed: Vec<&str> = missed.iter().map(|fault| &fault.html[..]).collect();
            ensure!(missed.is_empty(), "not found: {missed:#?}\nbut only: {found:#?}");
            Ok(Vec::new())
        })
    });
    Ok(std::iter::once(faultless).chain(faulty).collect())
}

fn find(by: By, chromium: &mut Chromium, shared: &Shared, url: &str) -> Result<Vec<String>> {
    let axe = shared.axe.as_deref();
    match by {
        By::Looks => checks::looks(&mut Page::open(chromium, url, View::NARROW)?, None),
        By::Axe => checks::looks(&mut Page::open(chromium, url, View::WIDE)?, axe),
        By::Themes => in_every_theme(chromium, url, View { theme: Some("navy"), ..View::WIDE }, axe),
        By::Loads => checks::loads(&mut Page::open(chromium, url, View::WIDE)?),
        By::Keyboard => checks::keyboard(&mut Page::open(chromium, url, View::WIDE)?),
        By::Paper => checks::on_paper(&mut Page::open(chromium, url, View::WIDE)?),
        By::NoScripts => checks::without_scripts(chromium, url, View::WIDE, axe),
        By::Predictions => checks::predictions(chromium, url),
    }
}
