//! The controls that every page has, worked by keyboard and doing what they are there to do.

use std::sync::Arc;

use anyhow::{Result, bail};
use libtest_mimic::Trial;

use crate::page::{Page, View};
use crate::{Shared, THEMES, checks, in_every_theme, trial};

pub fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for view in [View::WIDE, View::NARROW] {
        for (name, script) in SCRIPTS {
            let name = format!("{name}, {} px", view.width);
            trials.push(trial(shared, name, move |chromium, shared| {
                let page = &mut Page::open(chromium, &shared.site, view)?;
                follow(page, script)?;
                checks::complaints(page)
            }));
        }
        for ((what, selector, script), theme) in OPENED.iter().zip(THEMES) {
            let name = format!("{what} is open, in every theme, {} px", view.width);
            let view = View { theme: Some(theme), ..view };
            trials.push(trial(shared, name, move |chromium, shared| {
                let page = &mut Page::open(chromium, &shared.site, view)?;
                follow(page, script)?;
                let mut found = in_every_theme(page, view, shared)?;
                if page.eval(&format!("document.querySelector({selector:?}).checkVisibility()"))? != true {
                    found.push(format!("{what} is not open any more"));
                }
                Ok(found)
            }));
        }
        let name = format!("the sidebar is switched, in every theme, {} px", view.width);
        trials.push(trial(shared, name, move |chromium, shared| {
            let page = &mut Page::open(chromium, &shared.site, view)?;
            follow(page, SWITCHED)?;
            // On a phone it pushes the page aside, on purpose, so the page isn't asked whether it fits.
            let mut found = checks::axe_findings(page, shared.axe.as_deref())?;
            found.extend(checks::other_themes(page, &THEMES, shared.axe.as_deref(), false)?);
            found.extend(checks::complaints(page)?);
            Ok(found)
        }));
    }
    trials
}

/// A step: keys to press, or what then becomes true.
enum Step {
    /// The element gets the focus by script: that Tab reaches it is another check's business.
    Focus(&'static str),
    Press(&'static str),
    Type(&'static str),
    Becomes(&'static str),
    /// A key that leads to another page, which is waited for.
    Goes(&'static str),
}
use Step::{Becomes, Focus, Goes, Press, Type};

const SCRIPTS: &[(&str, &[Step])] = &[
    (
        "the first Tab leads to a link that skips to the text",
        &[
            Press("Tab"),
            Becomes(
                "document.activeElement.matches('.skip') && getComputedStyle(document.activeElement).opacity === '1'",
            ),
            Press("Enter"),
            Becomes("document.activeElement.id === 'mdbook-content'"),
        ],
    ),
    (
        "a theme is chosen and kept by keyboard",
        &[
            Focus("#mdbook-theme-toggle"),
            Press("Enter"),
            Becomes("document.activeElement.matches('#mdbook-theme-list button')"),
            Becomes("document.querySelector('#mdbook-theme-toggle').ariaExpanded === 'true'"),
            Press("Escape"),
            Becomes("document.activeElement.id === 'mdbook-theme-toggle'"),
            Becomes("!document.querySelector('#mdbook-theme-list').checkVisibility()"),
            Press(" "),
            Becomes("document.activeElement.id === 'mdbook-theme-light'"),
            Press("ArrowDown"),
            Becomes("document.activeElement.id === 'mdbook-theme-rust'"),
            Press("ArrowDown"),
            Press("ArrowUp"),
            Press("Enter"),
            Becomes("document.documentElement.matches('.rust:not(.light)')"),
            Becomes("localStorage.getItem('mdbook-theme') === 'rust'"),
        ],
    ),
    (
        "the sidebar is shown and hidden by keyboard",
        &[
            Focus("#mdbook-sidebar-toggle"),
            Becomes("(window.was = document.activeElement.ariaExpanded) === String(innerWidth > 1000)"),
            Press("Enter"),
            Becomes(
                "document.activeElement.ariaExpanded !== was && document.activeElement.id === 'mdbook-sidebar-toggle'",
            ),
            Becomes(
                "document.querySelector('#mdbook-sidebar').checkVisibility({ visibilityProperty: true }) === (was === 'false')",
            ),
            Press(" "),
            Becomes("document.activeElement.ariaExpanded === was"),
            Becomes(
                "document.querySelector('#mdbook-sidebar').checkVisibility({ visibilityProperty: true }) === (was === 'true')",
            ),
        ],
    ),
    (
        "the search opens, finds and leads on by keyboard",
        &[
            Press("/"),
            Becomes("document.activeElement.id === 'mdbook-searchbar'"),
            Press("Escape"),
            Becomes("!document.querySelector('#mdbook-searchbar').checkVisibility()"),
            Focus("#mdbook-search-toggle"),
            Press("Enter"),
            Becomes("document.activeElement.id === 'mdbook-searchbar'"),
            Type("thread"),
            Becomes("document.querySelectorAll('#mdbook-searchresults a').length > 1"),
            Press("ArrowDown"),
            // mdBook marks the result that Enter leads to, and leaves the focus out of it.
            Becomes("document.querySelector('#mdbook-searchresults li:first-child.focus')"),
            Press("ArrowDown"),
            Becomes("document.querySelector('#mdbook-searchresults li:nth-child(2).focus')"),
            Press("ArrowUp"),
            Becomes("document.querySelector('#mdbook-searchresults li:first-child.focus')"),
            Goes("Enter"),
            Becomes("/highlight=thread/.test(location.search) && document.querySelector('main mark')"),
        ],
    ),
    (
        "the help opens and closes by keyboard",
        &[
            Press("?"),
            Becomes("document.querySelector('#mdbook-help-popup').checkVisibility()"),
            Press("Escape"),
            Becomes("!document.querySelector('#mdbook-help-popup').checkVisibility()"),
        ],
    ),
    (
        "the arrow keys turn the pages",
        &[
            Becomes("window.first = document.querySelector('main h1').textContent"),
            Goes("ArrowRight"),
            Becomes("document.querySelector('main h1') && !('first' in window)"),
            Goes("ArrowLeft"),
            Becomes("/introduction/.test(location.pathname)"),
        ],
    ),
    (
        "a command is copied by keyboard",
        &[
            Becomes("navigator.clipboard.writeText('before').then(() => true)"),
            Focus("pre .clip-button"),
            Press("Enter"),
            Becomes("document.querySelector('.tooltiptext').textContent === 'Copied!'"),
            Becomes(
                "(await navigator.clipboard.readText()).trim() === document.querySelector('pre:has(.clip-button) code').textContent.trim()",
            ),
        ],
    ),
];

/// What can be open over a page, and is looked at in every theme: its name, where it is, and what opens it.
const OPENED: &[(&str, &str, &[Step])] = &[
    ("the list of themes", "#mdbook-theme-list", &[Focus("#mdbook-theme-toggle"), Press("Enter")]),
    ("the help", "#mdbook-help-popup", &[Press("?")]),
    (
        "the search",
        "#mdbook-searchresults",
        &[Press("/"), Type("thread"), Becomes("document.querySelectorAll('#mdbook-searchresults a').length > 1")],
    ),
];

const SWITCHED: &[Step] =
    &[Focus("#mdbook-sidebar-toggle"), Press("Enter"), Becomes("!document.getAnimations().length")];

fn follow(page: &mut Page<'_>, steps: &[Step]) -> Result<()> {
    for step in steps {
        match step {
            Focus(selector) => drop(page.eval(&format!("document.querySelector({selector:?}).focus()"))?),
            Press(key) => page.press(key)?,
            Type(text) => text.chars().try_for_each(|letter| page.press(&letter.to_string()))?,
            Goes(key) => {
                page.press(key)?;
                page.loaded()?;
            }
            Becomes(what) if page.becomes(what)? => {}
            Becomes(what) => bail!("it never becomes true that {what}"),
        }
    }
    Ok(())
}
