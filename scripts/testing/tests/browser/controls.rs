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
struct Script {
    does: String,
    steps: Vec<String>,
    /// What is open then, and is looked at in the themes.
    shows: Option<String>,
    /// Whether that pushes the page aside.
    #[serde(default)]
    pushes: bool,
}

/// Each once; by `cargo soak` on a phone too, and in every theme.
pub fn trials(shared: &Arc<Shared>) -> Result<Vec<Trial>> {
    #[derive(Deserialize)]
    struct Controls {
        script: Vec<Script>,
    }
    let views = if is_soak() { &[View::WIDE, View::NARROW][..] } else { &[View::WIDE] };
    let mut trials = Vec::new();
    for view in views {
        let controls: Controls = toml::from_str(include_str!("../../browser/controls.toml"))?;
        // A theme each, so that each theme has been behind one of those that are open.
        for (script, theme) in controls.script.into_iter().zip(THEMES.into_iter().cycle()) {
            trials.push(trial(shared, format!("{}, {} px", script.does, view.width), move |chromium, shared| {
                let theme = script.shows.is_some().then_some(theme);
                let page = &mut Page::open(chromium, &shared.site, View { theme, ..*view })?;
                follow(page, &script.steps)?;
                let mut found = Vec::new();
                if let Some(shows) = script.shows {
                    let axe = shared.axe.as_deref();
                    found = if script.pushes { checks::axe_findings(page, axe)? } else { checks::looks(page, axe)? };
                    let themes = if is_soak() { &THEMES[..] } else { &[] };
                    found.extend(checks::other_themes(page, themes, axe, !script.pushes)?);
                    if page.eval(&format!("document.querySelector({shows:?}).checkVisibility()"))? != true {
                        found.push(format!("{} no more", script.does));
                    }
                }
                found.extend(checks::complaints(page)?);
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
