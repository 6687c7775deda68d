//! The steppers, played to their ends by mouse and by keyboard. Which steps lead where, the explorer says.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use edition::Project;
use edition::lesson::Stepper;
use explorer::{BUDGET, Memory, Node, Program, explore, graph, name};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use testing::is_soak;

use crate::page::{Page, View};
use crate::{Shared, THEMES, checks, root, trial};

/// The chapter that has steppers.
const CHAPTER: &str = "interleavings.html";

const MEMORIES: [Memory; 2] = [Memory::Shared, Memory::Separate];

/// What a trial does with the page that has the steppers.
type Try = fn(Page<'_>, &[Stepper], Option<&str>) -> Result<Vec<String>>;

/// How the page is looked at, whether only `cargo soak` does, and what is tried.
const TRIALS: &[(&str, View, bool, Try)] = &[
    ("by mouse", View::WIDE, false, |page, steppers, _| play(page, steppers, By::Mouse)),
    ("by mouse, narrow", View::NARROW, true, |page, steppers, _| play(page, steppers, By::Mouse)),
    ("by key", View::WIDE, false, |page, steppers, _| play(page, steppers, By::Keys)),
    ("by button and keyboard", View::NARROW, false, |page, steppers, _| play(page, steppers, By::Buttons)),
    ("in every state", View::WIDE, false, |page, steppers, _| everywhere(page, steppers)),
    ("at their ends", View { theme: Some(THEMES[0]), ..View::NARROW }, false, at_their_ends),
    ("without scripts", View { scripts: false, ..View::WIDE }, false, |page, steppers, _| are_tables(page, steppers)),
    ("on paper", View::WIDE, false, |mut page, steppers, _| {
        page.media("print", View::WIDE)?;
        are_tables(page, steppers)
    }),
];

pub fn trials(shared: &Arc<Shared>) -> Result<Vec<Trial>> {
    let project = Project::open(root()?)?;
    let steppers = project.lessons.get("interleavings").map(|lesson| lesson.steppers.clone()).unwrap_or_default();
    let steppers = Arc::new(steppers);
    let tried = TRIALS.iter().filter(|(_, _, soak, _)| !soak || is_soak());
    let trials = tried.map(|(name, view, _, run)| {
        let steppers = steppers.clone();
        trial(shared, format!("{CHAPTER} steppers {name}"), move |chromium, shared| {
            run(Page::open(chromium, &format!("{}{CHAPTER}", shared.site), *view)?, &steppers, shared.axe.as_deref())
        })
    });
    Ok(trials.collect())
}

/// Plays every challenge, with one memory and with two.
fn play(mut page: Page<'_>, steppers: &[Stepper], by: By) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (stepper, memory) in steppers.iter().flat_map(|stepper| MEMORIES.map(|memory| (stepper, memory))) {
        let mut player = Player::new(&mut page, stepper, memory, by)?;
        player.play().with_context(|| format!("{}, {memory:?}", stepper.id))?;
        found.extend(player.found.into_iter().map(|what| format!("{}, {memory:?}: {what}", stepper.id)));
    }
    found.extend(checks::complaints(&mut page)?);
    Ok(found)
}

fn everywhere(mut page: Page<'_>, steppers: &[Stepper]) -> Result<Vec<String>> {
    for (stepper, memory) in steppers.iter().flat_map(|stepper| MEMORIES.map(|memory| (stepper, memory))) {
        let mut player = Player::new(&mut page, stepper, memory, By::Mouse)?;
        player.go_everywhere().with_context(|| format!("{}, {memory:?}", stepper.id))?;
    }
    checks::complaints(&mut page)
}

fn at_their_ends(mut page: Page<'_>, steppers: &[Stepper], axe: Option<&str>) -> Result<Vec<String>> {
    for stepper in steppers {
        let mut player = Player::new(&mut page, stepper, Memory::Shared, By::Keys)?;
        let way = player.way_to(true)?;
        player.follow(&way)?;
    }
    // Where the menu lies over a control, axe takes it for too small.
    page.eval("scrollTo(0, 0)")?;
    page.painted()?;
    let mut found = checks::looks(&mut page, axe)?;
    found.extend(checks::other_themes(&mut page, if is_soak() { &THEMES[1..] } else { &[] }, axe, true)?);
    Ok(found)
}

/// How the reader plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Clicks on the buttons.
    Mouse,
    /// The keys a, b, u and r.
    Keys,
    /// The buttons, with the focus and Enter or Space.
    Buttons,
}

/// What can be done in a stepper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Go(usize),
    Undo,
    Restart,
}

/// The first way to an end that the challenge asks for, or to another one.
fn way_to(program: &Program, stepper: &Stepper, met: bool) -> Result<Option<Vec<usize>>> {
    let found = explore(program, BUDGET)?;
    let end = found.ends.iter().find(|(memory, _)| (Some(memory.iter().sum::<i32>()) == stepper.ends_at) == met);
    let end = end.map(|(_, end)| found.way_to(end));
    let stuck = found.deadlocks.first().map(|deadlock| found.way_into(deadlock));
    Ok(if met { stuck.filter(|_| stepper.ends_at.is_none()).or(end) } else { end })
}

struct Player<'a, 'b> {
    page: &'a mut Page<'b>,
    stepper: &'a Stepper,
    by: By,
    program: Program,
    nodes: Vec<Node>,
    cells: Vec<String>,
    locks: Vec<char>,
    /// The states so far, by their places among the nodes.
    states: Vec<usize>,
    found: Vec<String>,
}

impl<'a, 'b> Player<'a, 'b> {
    fn new(page: &'a mut Page<'b>, stepper: &'a Stepper, memory: Memory, by: By) -> Result<Self> {
        let program = book::pages::stepper::program(stepper, memory)?;
        let (nodes, cells, locks) = graph(&program);
        page.eval(&format!("window.board = document.querySelector('#stepper-{} .board'); 0", stepper.id))?;
        let mut player = Self { page, stepper, by, program, nodes, cells, locks, states: vec![0], found: Vec::new() };
        if memory == Memory::Shared {
            player.expect_told("Who goes first?")?;
        } else {
            player.press_button(".memories button:nth-of-type(2)")?;
            player.expect_told("Two memories: each worker has an x of its own. Who goes first?")?;
        }
        let pressed =
            "[...board.querySelectorAll('[role=group][aria-label=Memory] button')].map(button => button.ariaPressed)";
        let pressed = player.page.eval(pressed)?;
        let expected = MEMORIES.map(|other| (other == memory).to_string());
        player.expect(pressed == json!(expected), || {
            format!("of the memories {pressed} are chosen instead of {expected:?}")
        });
        Ok(player)
    }

    fn way_to(&self, met: bool) -> Result<Vec<usize>> {
        way_to(&self.program, self.stepper, met)?.context("there is no such way")
    }

    /// To an end that is asked for, and to another; with undo and restart on the way.
    fn play(&mut self) -> Result<()> {
        self.act(Action::Undo)?;
        self.expect_told("There is nothing to undo.")?;
        let is_possible = way_to(&self.program, self.stepper, true)?.is_some();
        let separate = self.program.memory == Memory::Separate;
        if is_possible == (separate && self.stepper.ends_at.is_some()) {
            self.found.push(format!("it is {is_possible} that the challenge can be met"));
        }
        let other = self.way_to(false)?;
        self.follow(&other)?;
        let mut told = self.told()?;
        let not_met = format!("The end. {} Challenge not met.", self.stepper.missed);
        self.expect(told.contains(&not_met), || format!("{told:?} doesn't say {not_met:?}"));
        let never = told.contains("interleavings end so: with two memories it can't be done.");
        self.expect(never != is_possible, || format!("{told:?}, and it is {is_possible} that it can be done"));
        self.expect_class_met(false)?;
        self.act(Action::Go(0))?;
        self.expect_told("A has done all its steps.")?;

        // Back by undo, all the way.
        while self.states.len() > 1 {
            self.act(Action::Undo)?;
        }
        self.act(Action::Undo)?;
        self.expect_told("There is nothing to undo.")?;
        if !is_possible {
            return Ok(());
        }

        // Half of the way, back to the start, and then all of it.
        let way = self.way_to(true)?;
        self.follow(&way[..way.len() / 2])?;
        self.act(Action::Restart)?;
        self.expect_told("Back at the start. Who goes first?")?;
        self.follow(&way)?;
        for again in [false, true] {
            told = self.told()?;
            let met = format!("{} Challenge met.", self.stepper.met);
            self.expect(told.contains(&met), || format!("{told:?} doesn't say {met:?}"));
            self.expect_class_met(true)?;
            if self.stepper.ends_at.is_none() {
                let deadlock =
                    "Deadlock: A waits for the lock b, which B holds; B waits for the lock a, which A holds.";
                self.expect(told.contains(deadlock), || format!("{told:?} doesn't say {deadlock:?}"));
                self.act(Action::Go(0))?;
                self.expect_told("A waits for the lock b, which B holds.")?;
            }
            if !again {
                self.act(Action::Undo)?;
                self.expect_class_met(false)?;
                self.act(Action::Go(*way.last().context("a step")?))?;
            }
        }
        Ok(())
    }

    fn follow(&mut self, way: &[usize]) -> Result<()> {
        way.iter().try_for_each(|worker| self.act(Action::Go(*worker)))
    }

    /// Does something, and compares what is then to be seen and heard with what the explorer says.
    fn act(&mut self, action: Action) -> Result<()> {
        let before = *self.states.last().context("a state")?;
        let says = match action {
            Action::Go(worker) => match self.nodes[before].next[worker] {
                None => String::new(),
                Some(next) => {
                    self.states.push(next);
                    let step = self.program.workers[worker][self.nodes[before].done[worker]];
                    let (old, new) = (self.held(before), self.held(next));
                    let changes = old.iter().zip(&new).filter(|(old, new)| old != new && new.1 != "–");
                    let changes: Vec<String> = changes.map(|(_, (what, held))| format!("{what} is {held}")).collect();
                    let changes = if changes.is_empty() { "nothing changes".to_owned() } else { changes.join(", ") };
                    format!("{}: {step}; {changes}.", name(worker))
                }
            },
            Action::Undo if self.states.len() == 1 => String::new(),
            Action::Undo => {
                self.states.pop();
                let back = *self.states.last().context("a state")?;
                let worker = (0..2).find(|worker| self.nodes[back].next[*worker] == Some(before)).context("a step")?;
                let step = self.program.workers[worker][self.nodes[back].done[worker]];
                format!("Undone: {}'s {step}.", name(worker))
            }
            Action::Restart => {
                self.states.truncate(1);
                String::new()
            }
        };
        let (key, selector) = match action {
            Action::Go(0) => ("a", ".worker:nth-of-type(1) .go"),
            Action::Go(_) => ("b", ".worker:nth-of-type(2) .go"),
            Action::Undo => ("u", ".tools button:nth-of-type(1)"),
            Action::Restart => ("r", ".tools button:nth-of-type(2)"),
        };
        match self.by {
            By::Keys => {
                // Whoever is in the stepper can use its keys, wherever in it the focus is.
                self.page.eval("board.contains(document.activeElement) || board.querySelector('button').focus()")?;
                self.page.press(key)?;
            }
            By::Mouse | By::Buttons => self.press_button(selector)?,
        }
        self.compare(&says).with_context(|| format!("{action:?}"))
    }

    fn compare(&mut self, says: &str) -> Result<()> {
        let at = *self.states.last().context("a state")?;
        let node = &self.nodes[at];
        let held: String = self.held(at).into_iter().map(|(what, held)| format!("{what}{held};")).collect();
        let lines: Vec<i64> = (0..2)
            .map(
                |worker| {
                    if node.done[worker] < self.program.workers[worker].len() { node.done[worker] as i64 } else { -1 }
                },
            )
            .collect();
        let can: Vec<bool> = node.next.iter().map(Option::is_some).collect();
        let expected = json!({ "held": held, "lines": lines, "can": can, "undo": self.states.len() > 1 });
        let there = "({
            held: [...board.querySelectorAll('.held > div')].map(pair => pair.textContent + ';').join(''),
            lines: [...board.querySelectorAll('ol')].map(list => [...list.children].findIndex(line => line.matches('[aria-current=step]'))),
            can: [...board.querySelectorAll('.go')].map(button => button.ariaDisabled !== 'true'),
            undo: board.querySelector('.tools button').ariaDisabled !== 'true',
        })";
        let there = self.page.eval(there)?;
        ensure!(there == expected, "there is {there} instead of {expected}");
        let told = self.told()?;
        ensure!(told.starts_with(says), "it says {told:?} instead of {says:?}");
        Ok(())
    }

    /// What registers, memory and locks hold in a state, each with its name.
    fn held(&self, state: usize) -> Vec<(String, String)> {
        let node = &self.nodes[state];
        let has_registers = self.nodes.iter().any(|node| node.registers.iter().any(Option::is_some));
        let registers = node.registers.iter().enumerate().filter(|_| has_registers).map(|(worker, held)| {
            (format!("{}'s register", name(worker)), held.map_or("–".to_owned(), |held| held.to_string()))
        });
        let memory = self.cells.iter().zip(&node.memory).map(|(cell, held)| (cell.clone(), held.to_string()));
        let locks = self.locks.iter().zip(&node.holders).map(|(lock, holder)| {
            (format!("lock {lock}"), holder.map_or("free".to_owned(), |holder| format!("held by {}", name(holder))))
        });
        registers.chain(memory).chain(locks).collect()
    }

    /// Every state can be come to by these buttons, and only these; what the challenge asks for is where it should be.
    fn go_everywhere(&mut self) -> Result<()> {
        let walk = "(() => {
            const [a, b] = board.querySelectorAll('.go');
            const undo = board.querySelector('.tools button');
            const told = board.querySelector('.told');
            const seen = new Map();
            const visit = () => {
                const lines = [...board.querySelectorAll('ol')].map(list => list.querySelectorAll('.done').length);
                const key = lines + board.querySelector('.held').textContent;
                if (seen.has(key)) return;
                seen.set(key, told.matches('.met'));
                for (const go of [a, b]) {
                    if (go.ariaDisabled === 'true') continue;
                    go.click();
                    visit();
                    undo.click();
                }
            };
            visit();
            return [seen.size, [...seen.values()].filter(Boolean).length];
        })()";
        let there = self.page.eval(walk)?;
        let is_met = |node: &&Node| match self.stepper.ends_at {
            Some(sum) => node.ended && node.memory.iter().sum::<i32>() == sum,
            None => !node.ended && node.next.iter().all(Option::is_none),
        };
        let expected = json!([self.nodes.len(), self.nodes.iter().filter(is_met).count()]);
        ensure!(there == expected, "states, and those that meet the challenge: {there} instead of {expected}");
        Ok(())
    }

    fn told(&mut self) -> Result<String> {
        let told = self.page.eval("board.querySelector('.told[role=status]').textContent")?;
        Ok(told.as_str().context("a live region")?.to_owned())
    }

    fn expect_told(&mut self, words: &str) -> Result<()> {
        let told = self.told()?;
        // Behind what has just happened may stand how things are.
        if !told.starts_with(words) {
            bail!("it says {told:?} instead of {words:?}");
        }
        Ok(())
    }

    fn expect(&mut self, is_so: bool, else_say: impl FnOnce() -> String) {
        if !is_so {
            self.found.push(else_say());
        }
    }

    fn expect_class_met(&mut self, met: bool) -> Result<()> {
        let there = self.page.eval("board.querySelector('.told').matches('.met')")?;
        self.expect(there == met, || format!("it is {there} that it looks as if the challenge were met"));
        Ok(())
    }

    /// Presses a button as the reader does; the focus then is on it, and stays there.
    fn press_button(&mut self, selector: &str) -> Result<()> {
        let button = format!("board.querySelector({selector:?})");
        if self.by == By::Mouse {
            let middle = format!(
                "(() => {{
                    {button}.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                    const {{ x, y, width, height }} = {button}.getBoundingClientRect();
                    return [x + width / 2, y + height / 2];
                }})()"
            );
            let middle: Value = self.page.eval(&middle)?;
            for kind in ["mousePressed", "mouseReleased"] {
                let event = json!({ "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1 });
                self.page.call("Input.dispatchMouseEvent", event)?;
            }
        } else {
            self.page.eval(&format!("{button}.focus()"))?;
            // Both keys press a button; which one is tried is as good as thrown.
            self.page.press(if self.states.len().is_multiple_of(2) { "Enter" } else { "Space" })?;
        }
        let focused = self.page.eval(&format!("document.activeElement === {button}"))?;
        self.expect(focused == true, || format!("the focus left {selector}"));
        Ok(())
    }
}

/// The controls aren't there, and one way is, step by step.
fn are_tables(mut page: Page<'_>, steppers: &[Stepper]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for stepper in steppers {
        let id = &stepper.id;
        let way = way_to(&book::pages::stepper::program(stepper, Memory::Shared)?, stepper, true)?.context("a way")?;
        let there = page.eval(&format!(
            "(() => {{
                const shown = element => element.checkVisibility({{ contentVisibilityAuto: true, visibilityProperty: true }});
                const count = what => [...document.querySelectorAll(`#stepper-{id} ${{what}}`)].filter(shown).length;
                return [count('button'), count('tbody tr')];
            }})()"
        ))?;
        // The first row is the start.
        let expected = json!([0, way.len() + 1]);
        if there != expected {
            found.push(format!("{there} controls of {id} and rows of its table instead of {expected}"));
        }
    }
    Ok(found)
}
