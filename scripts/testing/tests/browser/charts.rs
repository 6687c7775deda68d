//! What is asked of charts, listings and terms, by keyboard, mouse and finger, and that no page tells an answer before it asks.

use std::fs;
use std::sync::Arc;

use anyhow::{Context, Result};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::checks::IN_PAGE;
use crate::page::{Page, View};
use crate::{Shared, THEMES, root, trial};

/// The screens of the design: a desk's and a phone's.
const DESK: View = View { width: 1400, ..View::WIDE };
const PHONE: View = View { width: 390, ..View::WIDE };

/// Notes what never becomes true.
fn expect(page: &mut Page<'_>, found: &mut Vec<String>, expression: &str, or_else: &str) -> Result<()> {
    found.extend((!page.becomes(expression)?).then(|| or_else.to_owned()));
    Ok(())
}

/// No code is cut off and all ends at one edge on a desk; on a phone nothing scrolls sideways; and texts stay in their drawings.
pub fn cut_off(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let mut found = Vec::new();
    for (view, asks) in [(DESK, &["cutOff", "edges"][..]), (PHONE, &["scrolling"])] {
        page.resize(view)?;
        page.eval("inspect.open()")?;
        for ask in asks.iter().chain(&["drawn", "sideways"]) {
            let told = page.findings(&format!("inspect.{ask}()"))?;
            found.extend(told.into_iter().map(|what| format!("{} px wide: {what}", view.width)));
        }
    }
    Ok(found)
}

/// Roles have their colours in every theme.
pub fn colours(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let mut found = Vec::new();
    for theme in THEMES {
        page.eval(&format!("document.querySelector('#mdbook-theme-{theme}').click()"))?;
        let chosen = format!("document.documentElement.matches('.{theme}')");
        expect(page, &mut found, &chosen, &format!("{theme} can't be chosen"))?;
        page.painted()?;
        let told = page.findings("inspect.roles()")?;
        found.extend(told.into_iter().map(|what| format!("{theme}: {what}")));
    }
    Ok(found)
}

/// The other machine's numbers are shown by key, there, after a reload and on the next page.
pub fn switch(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    page.eval("inspect.open()")?;
    let mut found = page.findings("inspect.switched(0)")?;
    let before = page.eval("inspect.said()")?;
    page.eval("inspect.buttons()[1].focus()")?;
    page.press("Enter")?;
    found.extend(page.findings("inspect.switched(1)")?);
    let after = page.eval("inspect.said()")?;
    if before == after {
        found.push("the other machine says the same".to_owned());
    }
    page.reload()?;
    page.eval(IN_PAGE)?;
    page.eval("inspect.open()")?;
    let told = page.findings("inspect.switched(1)")?;
    found.extend(told.into_iter().map(|what| format!("after a reload, {what}")));
    found.extend(page.findings("inspect.kept()")?);
    let next = page.eval("document.querySelector('a[rel~=next]').href")?;
    page.go(next.as_str().context("a next page")?)?;
    page.eval(IN_PAGE)?;
    page.eval("inspect.open()")?;
    let told = page.findings("inspect.switched(1)")?;
    found.extend(told.into_iter().map(|what| format!("on the next page, {what}")));
    Ok(found)
}

/// The first of a page's charts, by all keys, by mouse and by finger; of the others each mark that the keys come to.
pub fn marks(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    page.eval("inspect.open()")?;
    let mut found = Vec::new();
    let charts = page.eval("window.charts = inspect.charts(); charts.length")?.as_u64().unwrap_or_default();
    for chart in 0..charts {
        page.eval(&format!("window.chart = charts[{chart}]; inspect.before(chart)"))?;
        page.press("Tab")?;
        expect(page, &mut found, "document.activeElement === chart", "Tab doesn't lead to a chart")?;
        let marks = page.eval("window.been = new Set(); inspect.marksOf(chart).length")?.as_u64().unwrap_or_default();
        for _ in 0..marks {
            found.extend(page.findings("(been.add(chart.dataset.at), inspect.answers(chart))")?);
            page.press("ArrowRight")?;
        }
        let all = format!("been.size === {marks} && chart.dataset.at === [...been][0]");
        expect(page, &mut found, &all, "the arrow keys don't go from mark to mark")?;
        page.press("Escape")?;
        expect(page, &mut found, "inspect.silent()", "Escape doesn't end what a mark says")?;
        page.eval("chart.blur()")?;
    }
    page.eval("window.chart = charts[0]; 0")?;
    mouse(page, "inspect.place(chart)")?;
    expect(page, &mut found, "inspect.answers(chart).length === 0", "the mouse on a mark isn't answered")?;
    mouse(page, "[3, 3]")?;
    expect(page, &mut found, "inspect.silent()", "a mark speaks on when the mouse is gone")?;
    page.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": true }))?;
    let at = page.eval("inspect.place(chart)")?;
    for (kind, points) in [("touchStart", json!([{ "x": at[0], "y": at[1] }])), ("touchEnd", json!([]))] {
        page.call("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points }))?;
    }
    expect(page, &mut found, "inspect.answers(chart).length === 0", "a tap on a mark isn't answered")?;
    Ok(found)
}

/// Moves the mouse to where an expression says.
fn mouse(page: &mut Page<'_>, to: &str) -> Result<Value> {
    let at = page.eval(to)?;
    page.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": at[0], "y": at[1] }))
}

/// Tabs lead from one way to the next by arrow keys, and without scripts the ways stand one below the other.
pub fn listings(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let mut found = Vec::new();
    let listings = page.eval("inspect.open().then(() => inspect.listings().length)")?.as_u64().unwrap_or_default();
    for listing in 0..listings {
        page.eval(&format!(
            "window.listing = inspect.listings()[{listing}]; listing.querySelector(':scope > [role=tablist] > [role=tab]').focus()"
        ))?;
        let tabs = page
            .eval("listing.querySelectorAll(':scope > [role=tablist] > [role=tab]').length")?
            .as_u64()
            .unwrap_or_default();
        for tab in 1..=tabs {
            page.press("ArrowRight")?;
            let shown = format!("inspect.tabbed(listing, {})", tab % tabs);
            expect(page, &mut found, &shown, "the arrow keys don't go from tab to tab")?;
        }
        page.press("ArrowLeft")?;
        expect(page, &mut found, &format!("inspect.tabbed(listing, {})", tabs - 1), "the tabs don't go round")?;
        // A listing in two languages has others inside, which are shown with the first.
        page.eval("listing.querySelector(':scope > [role=tablist] > [role=tab]').click()")?;
    }
    page.reload_without_scripts()?;
    page.eval(IN_PAGE)?;
    found.extend(page.findings("inspect.open().then(() => inspect.stacked())")?);
    Ok(found)
}

/// A term opens where it stands, by key and by click, and closes again.
pub fn terms(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let mut found = Vec::new();
    page.eval("window.here = location.href; inspect.link().focus()")?;
    page.press("Enter")?;
    for by in ["Enter", "a click"] {
        let open = format!("{by} doesn't open a term in its place");
        expect(page, &mut found, "inspect.isOpen() && location.href === here", &open)?;
        page.press("Escape")?;
        let closed = "!document.querySelector('.term') && document.activeElement === inspect.link()";
        expect(page, &mut found, closed, "Escape doesn't lead from a term back to its link")?;
        if by == "Enter" {
            page.eval("inspect.link().click()")?;
        }
    }
    Ok(found)
}

/// Nothing above a prediction tells its answer.
pub fn spoiled(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    page.findings("inspect.spoiled()")
}

pub fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![trial(shared, "the front page and the README tell no answer".to_owned(), |chromium, shared| {
        let page = &mut Page::open(chromium, &format!("{}index.html", shared.site), View::WIDE)?;
        page.eval(IN_PAGE)?;
        let mut found = page.findings("inspect.frontPage()")?;
        // The chapter that the README asks about.
        page.go(&format!("{}shared-counter.html", shared.site))?;
        page.eval(IN_PAGE)?;
        let results: Vec<String> = serde_json::from_value(page.eval("inspect.results()")?)?;
        if results.is_empty() {
            found.push("a chapter has no number that was measured".to_owned());
        }
        let readme = unfolded(&fs::read_to_string(root()?.join("README.md"))?);
        let told = results.into_iter().filter(|result| readme.contains(&**result));
        found.extend(told.map(|result| format!("the README tells {result}")));
        Ok(found)
    })]
}

/// A text without what is folded in it.
fn unfolded(text: &str) -> String {
    let (mut deep, mut left) = (0_u32, String::new());
    for part in text.split_inclusive('>') {
        let before = deep;
        if part.ends_with("<details>") {
            deep += 1;
        } else if part.ends_with("</details>") {
            deep = deep.saturating_sub(1);
        }
        if before == 0 {
            left += part;
        }
    }
    left
}
