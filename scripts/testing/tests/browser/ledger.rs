//! The ledger, worked by keyboard: its filters, and links to its claims; and wide tables on a phone.

use std::sync::Arc;

use anyhow::Result;
use libtest_mimic::Trial;

use crate::chromium::Chromium;
use crate::page::{Page, View};
use crate::{Shared, trial};

/// A phone's width.
const PHONE: View = View { width: 390, ..View::WIDE };

/// Claims that are shown, and those that would be, by a condition on the claim and the edition that is chosen.
const SHOWN: &str = "window.shown = is => {
    const claims = [...document.querySelectorAll('details.claim')];
    const machine = document.querySelector('[data-machine][aria-pressed=true]')?.dataset.machine ?? 0;
    const should = claims.filter(claim => is(claim.dataset.verdicts.split(' ')[machine], claim.dataset.chapters.split(' ')));
    const are = claims.filter(claim => claim.checkVisibility());
    const told = document.querySelector('.filters [role=status]').textContent;
    return should.length > 0 && String(are.map(claim => claim.innerHTML)) === String(should.map(claim => claim.innerHTML))
        && told === `${are.length} of ${claims.length} claims`;
}; 0";

pub fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "the ledger filters by verdict, chapter and machine".to_owned(), filters),
        trial(shared, "a link to a claim opens it".to_owned(), opens),
        trial(shared, "a claim's link opens it without scripts".to_owned(), opens_unscripted),
        trial(shared, "a wide table is cards on a phone".to_owned(), cards),
    ]
}

fn expect(page: &mut Page<'_>, found: &mut Vec<String>, expression: &str) -> Result<()> {
    found.extend((!page.becomes(expression)?).then(|| format!("it never becomes true that {expression}")));
    Ok(())
}

fn filters(chromium: &mut Chromium, shared: &Shared) -> Result<Vec<String>> {
    let page = &mut Page::open(chromium, &format!("{}claims.html", shared.site), View::WIDE)?;
    page.eval(SHOWN)?;
    let mut found = Vec::new();
    expect(page, &mut found, "shown(() => true)")?;
    let mut press = |page: &mut Page<'_>, chip: &str, then: &str| -> Result<()> {
        page.eval("document.querySelectorAll('.filters details').forEach(fold => { fold.open = true; })")?;
        page.eval(&format!("document.querySelector('.filters [{chip}]').focus()"))?;
        page.press("Space")?;
        expect(page, &mut found, then)
    };
    press(page, "data-verdict=fails", "shown(verdict => verdict === 'fails')")?;
    press(page, "data-verdict=depends", "shown(verdict => ['fails', 'depends'].includes(verdict))")?;
    press(page, "data-verdict=fails", "shown(verdict => verdict === 'depends')")?;
    let both = "shown((verdict, judges) => verdict === 'depends' && judges.includes('cpu-vs-io'))";
    press(page, "data-chapter=cpu-vs-io", both)?;
    page.eval("document.addEventListener('edition', ({ detail }) => { window.chosen = detail; })")?;
    press(page, "data-machine=\"1\"", both)?;
    press(
        page,
        "data-machine=\"1\"",
        "chosen === 1 && [...document.querySelectorAll('[data-e]')].every(part => part.hidden === (part.dataset.e !== '1'))",
    )?;
    // Somebody else chooses.
    page.eval("document.dispatchEvent(new CustomEvent('edition', { detail: 0 }))")?;
    expect(page, &mut found, "document.querySelector('.filters [data-machine=\"0\"]').ariaPressed === 'true'")?;
    // What is filtered out is shown to a reader who follows a link to it.
    page.eval("location.hash = document.querySelector('details.claim[hidden] [id]').id")?;
    expect(page, &mut found, "document.querySelector(':target').checkVisibility()")?;
    expect(page, &mut found, "shown(() => true)")?;
    Ok(found)
}

/// The first of a claim's places in the ledger that is far down.
const LAST: &str = "[...document.querySelectorAll('details.claim [id]')].at(-3).id";

fn opens(chromium: &mut Chromium, shared: &Shared) -> Result<Vec<String>> {
    let page = &mut Page::open(chromium, &format!("{}claims.html", shared.site), PHONE)?;
    let id = page.eval(LAST)?.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    page.go(&format!("{}index.html", shared.site))?;
    // From a square on the front page.
    page.eval(&format!("document.querySelector('.tally a[href$=\"#{id}\"]').focus()"))?;
    page.press("Enter")?;
    page.loaded()?;
    let summary =
        "document.querySelector(':target').closest('details').querySelector('summary').getBoundingClientRect()";
    expect(page, &mut found, "document.querySelector(':target')?.checkVisibility()")?;
    expect(
        page,
        &mut found,
        &format!("{summary}.top >= document.querySelector('#mdbook-menu-bar').getBoundingClientRect().bottom"),
    )?;
    expect(page, &mut found, &format!("{summary}.bottom < innerHeight / 2"))?;
    expect(page, &mut found, "document.querySelectorAll('details.claim[open]').length === 1")?;
    Ok(found)
}

fn opens_unscripted(chromium: &mut Chromium, shared: &Shared) -> Result<Vec<String>> {
    let claims = format!("{}claims.html", shared.site);
    let id = Page::open(chromium, &claims, PHONE)?.eval(LAST)?.as_str().unwrap_or_default().to_owned();
    let page = &mut Page::open(chromium, &format!("{claims}#{id}"), View { scripts: false, ..PHONE })?;
    let mut found = Vec::new();
    expect(page, &mut found, "document.querySelector(':target')?.checkVisibility()")?;
    expect(page, &mut found, "!document.querySelector('.filters').checkVisibility()")?;
    Ok(found)
}

fn cards(chromium: &mut Chromium, shared: &Shared) -> Result<Vec<String>> {
    let page = &mut Page::open(chromium, &format!("{}choosing.html", shared.site), PHONE)?;
    let mut found = Vec::new();
    page.eval("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")?;
    expect(page, &mut found, "document.querySelectorAll('table:has(.label)').length > 0")?;
    page.eval("window.cells = [...document.querySelectorAll('table:has(.label) tbody tr')].filter(row => row.cells.length === row.closest('table').tHead.rows[0].cells.length).map(row => [...row.cells].filter(cell => cell.textContent.trim()))")?;
    let labelled = "cells.every(row => row.every(cell => {
        const head = cell.closest('table').tHead.rows[0].cells[cell.cellIndex].textContent;
        const label = cell.querySelector('.label');
        return label.dataset.label === head && label.checkVisibility() && getComputedStyle(label, '::before').content.includes(head);
    }))";
    expect(page, &mut found, labelled)?;
    let below = "cells.every(row => row.every((cell, at) => !at || cell.getBoundingClientRect().top >= row[at - 1].getBoundingClientRect().bottom - 1))";
    expect(page, &mut found, below)?;
    expect(
        page,
        &mut found,
        "cells.flat().every(cell => cell.role === 'cell' && cell.parentElement.role === 'row' && cell.closest('[role=table]'))",
    )?;
    page.resize(View::WIDE)?;
    page.painted()?;
    expect(page, &mut found, "![...document.querySelectorAll('.label')].some(label => label.checkVisibility())")?;
    Ok(found)
}
