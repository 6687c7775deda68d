//! *Choosing*, clicked through by keyboard: the eight jobs, the addresses, the languages; and what is left of it without scripts.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result};
use book::choosing::{Choosing, End, Job};
use libtest_mimic::Trial;

use crate::chromium::Chromium;
use crate::page::{Page, View};
use crate::{Shared, checks, root, trial};

/// A phone's width.
const PHONE: View = View { width: 390, ..View::WIDE };

pub fn trials(shared: &Arc<Shared>) -> Result<Vec<Trial>> {
    let choosing = Choosing::read(root()?)?;
    let [jobs, ends] = [choosing.clone(), choosing];
    Ok(vec![
        trial(shared, "choosing: eight jobs lead to their answers".to_owned(), move |chromium, shared| {
            eight(chromium, shared, &jobs)
        }),
        trial(shared, "choosing: back, languages and odd addresses".to_owned(), addresses),
        trial(shared, "choosing: an answer is legible".to_owned(), legible),
        trial(shared, "choosing: where nothing is kept".to_owned(), unkept),
        trial(shared, "choosing: the table has all without scripts".to_owned(), move |chromium, shared| {
            unscripted(chromium, shared, &ends)
        }),
    ])
}

fn expect(page: &mut Page<'_>, found: &mut Vec<String>, expression: &str) -> Result<()> {
    found.extend((!page.becomes(expression)?).then(|| format!("it never becomes true that {expression}")));
    Ok(())
}

/// Follows a link by keyboard.
fn follow(page: &mut Page<'_>, selector: &str) -> Result<()> {
    page.eval(&format!("document.querySelector('{selector}').focus()"))?;
    page.press("Enter")
}

/// What the page says of an end, with the right names.
fn is_shown(page: &mut Page<'_>, found: &mut Vec<String>, job: &Job, end: &End) -> Result<()> {
    expect(page, found, "document.querySelector('.choosing .status').textContent === 'Answer'")?;
    let shape = serde_json::json!(end.says);
    expect(page, found, &format!("document.querySelector('.choosing .panel .asks').textContent === {shape}"))?;
    for name in &job.names {
        let name = serde_json::json!(name);
        expect(page, found, &format!("document.querySelector('.choosing .use').textContent.includes({name})"))?;
    }
    let steps = job.answers.len();
    expect(page, found, &format!("document.querySelectorAll('.choosing .trail li').length === {steps}"))
}

fn eight(chromium: &mut Chromium, shared: &Shared, choosing: &Choosing) -> Result<Vec<String>> {
    let address = format!("{}choosing.html", shared.site);
    let mut found = Vec::new();
    for (number, job) in choosing.jobs.iter().enumerate() {
        let end = choosing.follow(&job.answers).ok().context("the answers lead to an end")?;
        let way = job.answers.join("-");
        clicked(chromium, &address, job, end, if number % 2 == 0 { View::WIDE } else { PHONE }, &mut found)?;
        sent(chromium, &format!("{address}#python:{way}"), job, end, &mut found)?;
        // The job's own link leads there too.
        let page = &mut Page::open(chromium, &address, View::WIDE)?;
        page.eval("document.querySelector('.jobs').open = true")?;
        follow(page, &format!(".jobs li:nth-child({}) a", number + 1))?;
        is_shown(page, &mut found, job, end)?;
    }
    Ok(found)
}

/// Answers each question by keyboard, as the job has it.
fn clicked(
    chromium: &mut Chromium,
    address: &str,
    job: &Job,
    end: &End,
    view: View,
    found: &mut Vec<String>,
) -> Result<()> {
    let page = &mut Page::open(chromium, address, view)?;
    for (done, answer) in job.answers.iter().enumerate() {
        expect(
            page,
            found,
            &format!("document.querySelector('.choosing .status').textContent === 'Question {}'", done + 1),
        )?;
        follow(page, &format!(".choosing .answers a[href$=\":{}\"]", job.answers[..=done].join("-")))?;
        expect(page, found, &format!("location.hash.endsWith('{answer}')"))?;
        expect(page, found, "document.activeElement === document.querySelector('.choosing .asks')")?;
    }
    is_shown(page, found, job, end)?;
    expect(page, found, &format!("location.hash === '#python:{}'", job.answers.join("-")))?;
    expect(
        page,
        found,
        "(box => box.top >= 0 && box.top < innerHeight)(document.activeElement.getBoundingClientRect())",
    )?;
    Ok(())
}

/// Somebody is sent the address.
fn sent(chromium: &mut Chromium, address: &str, job: &Job, end: &End, found: &mut Vec<String>) -> Result<()> {
    let page = &mut Page::open(chromium, address, PHONE)?;
    is_shown(page, found, job, end)?;
    expect(page, found, "!document.querySelector('.all-answers').open")?;
    Ok(())
}

fn addresses(chromium: &mut Chromium, shared: &Shared) -> Result<Vec<String>> {
    let address = format!("{}choosing.html", shared.site);
    let mut found = Vec::new();
    let page = &mut Page::open(chromium, &address, View::NARROW)?;
    let first = "document.querySelector('.choosing .status').textContent === 'Question 1' && document.querySelectorAll('.choosing .answers a').length > 4";
    expect(page, &mut found, first)?;
    follow(page, ".choosing .answers a[href$=\":computes\"]")?;
    follow(page, ".choosing .answers a[href$=\":computes-long\"]")?;
    expect(page, &mut found, "document.querySelector('.choosing .status').textContent === 'Question 3'")?;
    // Back by the browser, and by what was answered.
    page.eval("history.back()")?;
    expect(
        page,
        &mut found,
        "location.hash === '#python:computes' && document.querySelectorAll('.trail li').length === 1",
    )?;
    page.eval("history.forward()")?;
    expect(page, &mut found, "document.querySelectorAll('.trail li').length === 2")?;
    follow(page, ".choosing .trail li:nth-child(2) a")?;
    expect(page, &mut found, "location.hash === '#python:computes'")?;
    // The language changes at its place, for all links, and is kept.
    page.eval("window.before = history.length")?;
    page.eval("document.querySelector('.choosing [data-language=rust]').focus()")?;
    page.press("Space")?;
    expect(page, &mut found, "location.hash === '#rust:computes' && history.length === before")?;
    expect(page, &mut found, "document.activeElement.ariaPressed === 'true'")?;
    expect(page, &mut found, "!document.querySelector('main a[href^=\"#python:\"]')")?;
    follow(page, ".choosing .answers a[href$=\":computes-tiny\"]")?;
    expect(page, &mut found, "document.querySelector('.choosing .use').textContent.includes('with_min_len')")?;
    page.go(&format!("{}index.html", shared.site))?;
    page.go(&address)?;
    expect(page, &mut found, "document.querySelector('.choosing [data-language=rust]').ariaPressed === 'true'")?;
    // A language in the address is that one, and isn't kept.
    page.go(&format!("{}index.html", shared.site))?;
    page.go(&format!("{address}#python:both"))?;
    expect(page, &mut found, "document.querySelector('.choosing .use').textContent.includes('run_in_executor')")?;
    page.eval("location.hash = ''")?;
    expect(page, &mut found, "document.querySelector('.choosing [data-language=rust]').ariaPressed === 'true'")?;
    for odd in ["#python:nowhere", "#rust:computes-tiny-more", "#python:", "#ruby:waits"] {
        page.eval(&format!("location.hash = '{odd}'"))?;
        expect(page, &mut found, first)?;
    }
    // The page's own headings are left alone.
    page.eval("document.querySelector('.asks').blur(); location.hash = '#our-bias'")?;
    expect(
        page,
        &mut found,
        "document.activeElement === document.body && document.querySelector(':target').id === 'our-bias'",
    )?;
    Ok(found)
}

/// An answer is as legible as a page: with its code, what to mind and what was answered, on a phone, light and dark.
fn legible(chromium: &mut Chromium, shared: &Shared) -> Result<Vec<String>> {
    let address = format!("{}choosing.html#python:computes-long-locked-array", shared.site);
    let mut found = Vec::new();
    for theme in ["light", "navy"] {
        let page = &mut Page::open(chromium, &address, View { theme: Some(theme), ..View::NARROW })?;
        expect(page, &mut found, "document.querySelector('.choosing pre code .hljs-keyword')")?;
        found.extend(checks::looks(page, shared.axe.as_deref())?);
        found.extend(checks::complaints(page)?);
    }
    Ok(found)
}

/// Where nothing can be kept, all of it works but that.
fn unkept(chromium: &mut Chromium, shared: &Shared) -> Result<Vec<String>> {
    let address = format!("{}choosing.html", shared.site);
    let mut found = Vec::new();
    let page = &mut Page::open(chromium, &format!("{address}#rust:breaks"), View { storage: false, ..View::WIDE })?;
    page.eval("document.querySelector('.choosing [data-language=python]').click()")?;
    expect(page, &mut found, "location.hash === '#python:breaks'")?;
    Ok(found)
}

fn unscripted(chromium: &mut Chromium, shared: &Shared, choosing: &Choosing) -> Result<Vec<String>> {
    let address = format!("{}choosing.html#python:waits-thousands", shared.site);
    let page = &mut Page::open(chromium, &address, View { scripts: false, ..PHONE })?;
    let mut found = Vec::new();
    expect(page, &mut found, "!document.querySelector('.choosing').checkVisibility()")?;
    expect(page, &mut found, "document.querySelector('.all-answers table').checkVisibility()")?;
    expect(page, &mut found, "document.querySelector(':target').textContent.includes('asyncio')")?;
    expect(page, &mut found, "document.querySelector(':target').getBoundingClientRect().top < innerHeight")?;
    // Every word in the type of code is there, for Python and for Rust.
    let mut names = BTreeSet::new();
    for end in &choosing.ends {
        for text in [&end.python.names, &end.rust.names] {
            names.extend(text.split('`').skip(1).step_by(2));
        }
    }
    let names = serde_json::json!(names);
    let missing = format!(
        "(text => {names}.filter(name => !text.includes(name)).map(name => `the table lacks ${{name}}`))(document.querySelector('.all-answers table').textContent)"
    );
    found.extend(page.findings(&missing)?);
    Ok(found)
}
