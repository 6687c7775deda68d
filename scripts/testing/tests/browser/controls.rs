//! The controls that every page has, worked by keyboard as `browser/controls.toml` tells, and doing what they are there to do.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use libtest_mimic::Trial;
use serde::Deserialize;
use testing::is_soak;

use crate::page::{Page, View};
use crate::{Shared, THEMES, checks, trial};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Controls {
    script: Vec<Script>,
    opened: Vec<Opened>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    does: String,
    steps: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opened {
    what: String,
    /// What is to be seen then.
    shows: String,
    /// Whether it pushes the page aside.
    #[serde(default)]
    pushes: bool,
    steps: Vec<String>,
}

/// Each once; by `cargo soak` on a phone too, and in every theme.
pub fn trials(shared: &Arc<Shared>) -> Result<Vec<Trial>> {
    let controls: Arc<Controls> = Arc::new(toml::from_str(include_str!("../../browser/controls.toml"))?);
    let views = if is_soak() { &[View::WIDE, View::NARROW][..] } else { &[View::WIDE] };
    let mut trials = Vec::new();
    for view in views {
        for number in 0..controls.script.len() {
            let name = format!("{}, {} px", controls.script[number].does, view.width);
            let controls = controls.clone();
            trials.push(trial(shared, name, move |chromium, shared| {
                let page = &mut Page::open(chromium, &shared.site, *view)?;
                follow(page, &controls.script[number].steps)?;
                checks::complaints(page)
            }));
        }
        // A theme each, so that each theme has been behind one of them.
        for (number, theme) in (0..controls.opened.len()).zip(THEMES.into_iter().cycle()) {
            let name = format!("{} is open, {} px", controls.opened[number].what, view.width);
            let controls = controls.clone();
            trials.push(trial(shared, name, move |chromium, shared| {
                let opened = &controls.opened[number];
                let page = &mut Page::open(chromium, &shared.site, View { theme: Some(theme), ..*view })?;
                follow(page, &opened.steps)?;
                let axe = shared.axe.as_deref();
                let mut found =
                    if opened.pushes { checks::axe_findings(page, axe)? } else { checks::looks(page, axe)? };
                let themes = if is_soak() { &THEMES[..] } else { &[] };
                found.extend(checks::other_themes(page, themes, axe, !opened.pushes)?);
                found.extend(checks::complaints(page)?);
                let is_open = format!("document.querySelector({:?}).checkVisibility()", opened.shows);
                if page.eval(&is_open)? != true {
                    found.push(format!("{} is not open any more", opened.what));
                }
                Ok(found)
            }));
        }
    }
    Ok(trials)
}

fn follow(page: &mut Page<'_>, steps: &[String]) -> Result<()> {
    for step in steps {
        let (verb, what) = step.split_once(' ').with_context(|| format!("half a step: {step}"))?;
        match verb {
            "focus" => drop(page.eval(&format!("document.querySelector({what:?}).focus()"))?),
            "press" => page.press(what)?,
            "type" => what.chars().try_for_each(|letter| page.press(&letter.to_string()))?,
            "goes" => {
                page.press(what)?;
                page.loaded()?;
            }
            "becomes" if page.becomes(what)? => {}
            "becomes" => bail!("it never becomes true that {what}"),
            _ => bail!("no such step: {step}"),
        }
    }
    Ok(())
}
