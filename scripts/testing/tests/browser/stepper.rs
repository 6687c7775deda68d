//! The steppers: all their states by button, their challenges by key. Which steps lead where, the explorer says.

use std::sync::Arc;

use anyhow::{Context, Result};
use book::pages::machines::lanes::{Run, program};
use edition::Project;
use edition::lesson::Stepper;
use explorer::{Memory, name};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use testing::is_soak;

use crate::page::{Page, View};
use crate::{Shared, THEMES, checks, root, trial};

/// The chapter that has steppers.
const CHAPTER: &str = "interleavings.html";

/// What a trial does with one of the page's steppers.
type Try = fn(&mut Page<'_>, &Stepper, Option<&str>) -> Result<Vec<String>>;

/// How the page is looked at, and what is tried.
const TRIALS: &[(&str, View, Try)] = &[
    ("in every state", View::WIDE, |page, stepper, _| everywhere(page, stepper)),
    ("by key", View::WIDE, |page, stepper, _| by_key(page, stepper)),
    ("at their ends", View { theme: Some(THEMES[0]), ..View::NARROW }, at_its_end),
    ("without scripts", View { scripts: false, ..View::WIDE }, |page, stepper, _| is_a_table(page, stepper)),
    ("on paper", View::WIDE, |page, stepper, _| {
        page.media("print", View::WIDE)?;
        is_a_table(page, stepper)
    }),
];

pub fn trials(shared: &Arc<Shared>) -> Result<Vec<Trial>> {
    let lesson = Project::open(root()?)?.lessons.remove("interleavings").context("the lesson with steppers")?;
    let steppers = Arc::new(lesson.steppers);
    let trials = TRIALS.iter().map(|(name, view, run)| {
        let steppers = steppers.clone();
        trial(shared, format!("{CHAPTER} steppers {name}"), move |chromium, shared| {
            let page = &mut Page::open(chromium, &format!("{}{CHAPTER}", shared.site), *view)?;
            let mut found = Vec::new();
            for stepper in &*steppers {
                page.eval(&format!("window.board = document.querySelector('#lanes-{} .board'); 0", stepper.id))?;
                let told = run(page, stepper, shared.axe.as_deref())?;
                found.extend(told.into_iter().map(|what| format!("{}: {what}", stepper.id)));
            }
            found.extend(checks::complaints(page)?);
            Ok(found)
        })
    });
    Ok(trials.collect())
}

/// With one memory and with two, each button leads where the explorer says, and the page shows and says so.
fn everywhere(page: &mut Page<'_>, stepper: &Stepper) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let memories = [
        (Memory::Shared, "Who goes first?"),
        (Memory::Separate, "Two memories: each worker has an x of its own. Who goes first?"),
    ];
    for (number, (memory, first)) in memories.into_iter().enumerate() {
        if number > 0 {
            page.eval("board.querySelectorAll('.choice button')[1].click()")?;
        }
        let pressed = page.eval("[...board.querySelectorAll('.choice button')].map(button => button.ariaPressed)")?;
        if pressed[number] != "true" || pressed[1 - number] != "false" {
            found.push(format!("of the memories {pressed} are chosen"));
        }
        let (states, never) = states(stepper, memory)?;
        let walk = format!("{}({})", include_str!("../../browser/stepper.js"), json!([states, first, never]));
        found.extend(page.findings(&walk)?.into_iter().map(|what| format!("{memory:?}: {what}")));
    }
    Ok(found)
}

/// All states as they have to look, what is said on the way from each, and whether none meets the challenge.
fn states(stepper: &Stepper, memory: Memory) -> Result<(Vec<Value>, bool)> {
    let program = program(stepper, memory)?;
    let run = Run::of(&program, stepper)?;
    let states = run.nodes.iter().enumerate().map(|(number, node)| {
        let held = run.held(node);
        let step = |worker: usize| program.workers[worker].get(node.done[worker]);
        let says = |worker: usize| match (step(worker), node.next[worker]) {
            (None, _) => format!("{} has done all its steps.", name(worker)),
            (Some(step), None) => format!("{} waits for the {step}, which {} holds", name(worker), name(1 - worker)),
            (Some(step), Some(next)) => {
                let changes = run.held(&run.nodes[next]).into_iter().zip(&held);
                let changes = changes.filter(|(new, old)| new != *old && new.1 != "–");
                let changes: Vec<String> = changes.map(|((what, now), _)| format!("{what} is {now}")).collect();
                let changes = if changes.is_empty() { "nothing changes".to_owned() } else { changes.join(", ") };
                format!("{}: {step}; {changes}.", name(worker))
            }
        };
        let met = run.met.contains(&number);
        let over = if node.ended { "The end.".to_owned() } else { format!("Deadlock: {}; {}.", says(0), says(1)) };
        let end = match (met, node.next == [None, None]) {
            (_, false) => String::new(),
            (true, true) => format!("{over} {} Challenge met.", stepper.met),
            (false, true) => format!("{over} {} Challenge not met.", stepper.missed),
        };
        let lines = [0, 1].map(|worker| step(worker).map_or(-1, |_| node.done[worker] as i64));
        json!({
            "held": held.iter().map(|(what, held)| format!("{what}{held};")).collect::<String>(),
            "lines": lines, "next": node.next, "says": [says(0), says(1)],
            "met": met, "end": end,
        })
    });
    Ok((states.collect(), run.met.is_empty()))
}

/// Which worker goes when on a way that meets the challenge, by their keys.
fn way(stepper: &Stepper) -> Result<Vec<&'static str>> {
    let program = program(stepper, Memory::Shared)?;
    let way = Run::of(&program, stepper)?.way().context("nothing meets the challenge")?;
    Ok(way.into_iter().map(|worker| ["a", "b"][worker]).collect())
}

/// Goes the way, with the focus on whatever the reader has it on.
fn go(page: &mut Page<'_>, stepper: &Stepper) -> Result<()> {
    page.eval("board.querySelector('button').focus()")?;
    way(stepper)?.iter().try_for_each(|key| page.press(key))
}

fn by_key(page: &mut Page<'_>, stepper: &Stepper) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut expect = |page: &mut Page<'_>, says: &str| -> Result<()> {
        let told = page.eval("board.querySelector('.told').textContent")?;
        let is_so = told.as_str().is_some_and(|told| told.contains(says));
        found.extend((!is_so).then(|| format!("it says {told} instead of {says:?}")));
        Ok(())
    };
    go(page, stepper)?;
    let met = format!("{} Challenge met.", stepper.met);
    expect(page, &met)?;
    page.press("u")?;
    expect(page, "Step ")?;
    page.press("r")?;
    expect(page, "Back at the start. Who goes first?")?;
    go(page, stepper)?;
    expect(page, &met)?;
    Ok(found)
}

fn at_its_end(page: &mut Page<'_>, stepper: &Stepper, axe: Option<&str>) -> Result<Vec<String>> {
    go(page, stepper)?;
    // Where the menu lies over a control, axe takes it for too small.
    page.eval("scrollTo(0, 0)")?;
    page.painted()?;
    let mut found = checks::looks(page, axe)?;
    found.extend(checks::other_themes(page, if is_soak() { &THEMES[1..] } else { &[] }, axe, true)?);
    Ok(found)
}

/// The controls aren't there, and one way is, step by step.
fn is_a_table(page: &mut Page<'_>, stepper: &Stepper) -> Result<Vec<String>> {
    let there = page.eval(
        "['button', 'tbody tr'].map(what => [...board.closest('.machine').querySelectorAll(what)]
            .filter(it => it.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })).length)",
    )?;
    // The first row is the start.
    let expected = json!([0, way(stepper)?.len() + 1]);
    Ok(if there == expected { vec![] } else { vec![format!("{there} controls and rows of its table, not {expected}")] })
}
