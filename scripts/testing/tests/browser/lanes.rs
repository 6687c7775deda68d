//! The games in lanes: all their states by button, their challenges by key. Which steps lead where, the explorer says.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use book::pages::machines::lanes::{Run, programs};
use edition::Project;
use edition::lesson::Stepper;
use explorer::{Memory, Program, Step, name};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use testing::is_soak;

use crate::page::{Page, View};
use crate::{Shared, THEMES, checks, root, trial};

/// What a trial does with the games of a page.
type Try = fn(&mut Page<'_>, &[Stepper], Option<&str>) -> Result<Vec<String>>;

/// How the page is looked at, and what is tried.
const TRIALS: &[(&str, View, Try)] = &[
    ("in every state", View::WIDE, |page, steppers, _| each(page, steppers, everywhere)),
    ("by key", View::WIDE, |page, steppers, _| each(page, steppers, by_key)),
    ("at random", View { reduced_motion: true, ..View::WIDE }, |page, steppers, _| each(page, steppers, at_random)),
    ("at their ends", View { theme: Some(THEMES[0]), ..View::NARROW }, at_their_ends),
    ("without scripts", View { scripts: false, ..View::WIDE }, |page, steppers, _| each(page, steppers, is_still)),
    ("on paper", View::WIDE, |page, steppers, _| {
        page.media("print", View::WIDE)?;
        each(page, steppers, is_still)
    }),
];

pub fn trials(shared: &Arc<Shared>) -> Result<Vec<Trial>> {
    let lessons = Project::open(root()?)?.lessons.into_iter().filter(|(_, lesson)| !lesson.steppers.is_empty());
    let lessons: Vec<(String, Arc<Vec<Stepper>>)> =
        lessons.map(|(slug, lesson)| (slug, Arc::new(lesson.steppers))).collect();
    ensure!(!lessons.is_empty(), "no lesson has a stepper");
    let trials = lessons.iter().flat_map(|(slug, steppers)| {
        TRIALS.iter().map(move |(name, view, run)| {
            let (path, steppers) = (format!("{slug}.html"), steppers.clone());
            trial(shared, format!("{path} lanes {name}"), move |chromium, shared| {
                let page = &mut Page::open(chromium, &format!("{}{path}", shared.site), *view)?;
                let mut found = run(page, &steppers, shared.axe.as_deref())?;
                found.extend(checks::complaints(page)?);
                Ok(found)
            })
        })
    });
    Ok(trials.collect())
}

/// Does this with each of the games, whose board the page then knows by this name.
fn each(
    page: &mut Page<'_>,
    steppers: &[Stepper],
    run: fn(&mut Page<'_>, &Stepper) -> Result<Vec<String>>,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for stepper in steppers {
        page.eval(&format!("window.board = document.querySelector('#lanes-{} .board'); 0", stepper.id))?;
        found.extend(run(page, stepper)?.into_iter().map(|what| format!("{}: {what}", stepper.id)));
    }
    Ok(found)
}

/// In both programs, each button leads where the explorer says, and the page shows and says so.
fn everywhere(page: &mut Page<'_>, stepper: &Stepper) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (number, program) in programs(stepper)?.iter().enumerate() {
        let first = match (number, &stepper.repaired) {
            (0, _) => String::new(),
            (_, None) => "Two memories: each worker has an x of its own. ".to_owned(),
            (_, Some(repaired)) => format!("{}. ", repaired.names[1]),
        };
        page.eval(&format!("board.querySelectorAll('.choice button')[{number}].click()"))?;
        let pressed = page.eval("[...board.querySelectorAll('.choice button')].map(button => button.ariaPressed)")?;
        if pressed[number] != "true" || pressed[1 - number] != "false" {
            found.push(format!("of the programs {pressed} are chosen"));
        }
        if number == 0 {
            page.eval("board.querySelector('[data-do=restart]').click()")?;
        }
        let walk = Walk::through(program, stepper, &first)?;
        let walk = format!("{}({})", include_str!("../../browser/lanes.js"), json!(walk));
        found.extend(page.findings(&walk)?.into_iter().map(|what| format!("program {number}: {what}")));
    }
    Ok(found)
}

/// A walk through all states of a program: what is clicked, and what has to be there then.
struct Walk<'a> {
    program: &'a Program,
    stepper: &'a Stepper,
    run: Run<'a>,
    /// All interleavings, in order, if A is put before B.
    schedules: Vec<Vec<usize>>,
    seen: BTreeSet<usize>,
    clicks: Vec<(&'static str, Value)>,
}

/// What a way has led to.
struct Place {
    node: usize,
    /// What was overwritten, by the column of its store, by a worker that had not seen it.
    lost: Vec<(usize, i32)>,
    stale: [bool; 2],
}

impl<'a> Walk<'a> {
    fn through(program: &'a Program, stepper: &'a Stepper, first: &str) -> Result<Vec<(&'static str, Value)>> {
        let run = Run::of(program, stepper)?;
        let (schedules, seen, clicks) = (Vec::new(), BTreeSet::new(), Vec::new());
        let mut walk = Self { program, stepper, run, schedules, seen, clicks };
        walk.schedule(0, &mut Vec::new());
        let met = walk.schedules.iter().filter(|way| walk.run.is_met(&walk.run.nodes[walk.place(way).node])).count();
        ensure!(walk.run.count() == [walk.schedules.len() as u128, met as u128], "the interleavings are miscounted");
        if first.is_empty() {
            walk.expect("", &[], "Back at the start. Who goes first?".to_owned());
        } else {
            walk.expect("", &[], format!("{first}Who goes first?"));
        }
        walk.expect("undo", &[], "There is nothing to undo.".to_owned());
        walk.visit(&mut Vec::new(), "");
        ensure!(walk.seen.len() == walk.run.nodes.len(), "not all states were come to");
        Ok(walk.clicks)
    }

    fn schedule(&mut self, at: usize, way: &mut Vec<usize>) {
        let next = self.run.nodes[at].next.clone();
        if next.iter().all(Option::is_none) {
            self.schedules.push(way.clone());
        }
        for (worker, next) in next.into_iter().enumerate() {
            if let Some(next) = next {
                way.push(worker);
                self.schedule(next, way);
                way.pop();
            }
        }
    }

    /// Everything that follows from where a way has led to, what is said there, and back again.
    fn visit(&mut self, way: &mut Vec<usize>, says: &str) {
        let at = self.place(way).node;
        if !self.seen.insert(at) {
            return;
        }
        for worker in [0, 1] {
            let key = ["a", "b"][worker];
            if self.run.nodes[at].next[worker].is_none() {
                let says = format!("{}. {}", self.why(at, worker), self.outcome(way));
                self.expect(key, way, says.trim_end().to_owned());
                continue;
            }
            way.push(worker);
            let led = self.says(way);
            self.expect(key, way, led.clone());
            self.visit(way, &led);
            way.pop();
            let back = match way.len() {
                0 => "Back at the start. Who goes first?".to_owned(),
                steps => format!("Step {steps}. {says}"),
            };
            self.expect("undo", way, back);
        }
    }

    fn step(&self, node: usize, worker: usize) -> Option<&Step> {
        self.program.workers[worker].get(self.run.nodes[node].done[worker])
    }

    /// Follows a way, and notes for each cell the column of its last store, and for each worker which it has loaded or stored last.
    fn place(&self, way: &[usize]) -> Place {
        let (mut node, mut lost) = (0, Vec::new());
        let mut stored: Vec<usize> = vec![0; self.run.nodes[0].memory.len()];
        let mut knows: [Option<(usize, usize)>; 2] = [None; 2];
        for (column, &worker) in (1..).zip(way) {
            let cell = |of: char| match self.program.memory {
                Memory::Shared => self.run.rows.iter().position(|row| *row == of.to_string()),
                Memory::Separate => self.run.rows.iter().position(|row| *row == format!("{}'s {of}", name(worker))),
            };
            let step = *self.step(node, worker).expect("a step");
            match step {
                Step::Load(of) => knows[worker] = cell(of).map(|cell| (cell, stored[cell])),
                Step::Store(of) => {
                    let cell = cell(of).expect("a cell");
                    if stored[cell] > 0 && knows[worker] != Some((cell, stored[cell])) {
                        lost.push((stored[cell], self.run.nodes[node].memory[cell]));
                    }
                    stored[cell] = column;
                    knows[worker] = Some((cell, column));
                }
                Step::FetchAdd(of, _) => stored[cell(of).expect("a cell")] = column,
                _ => {}
            }
            node = self.run.nodes[node].next[worker].expect("the way can be gone");
        }
        let stale = [0, 1].map(|worker| {
            let is_held = self.run.nodes[node].registers[worker].is_some();
            is_held && knows[worker].is_some_and(|(cell, column)| stored[cell] != column)
        });
        Place { node, lost, stale }
    }

    fn why(&self, node: usize, worker: usize) -> String {
        match self.step(node, worker) {
            None => format!("{} has done all its steps", name(worker)),
            Some(step) => format!("{} waits for the {step}, which {} holds", name(worker), name(1 - worker)),
        }
    }

    fn waits(&self, node: usize, worker: usize) -> bool {
        self.run.nodes[node].next[worker].is_none() && self.step(node, worker).is_some()
    }

    fn outcome(&self, way: &[usize]) -> String {
        let at = self.place(way).node;
        let waiting: Vec<String> =
            [0, 1].into_iter().filter(|who| self.waits(at, *who)).map(|who| self.why(at, who)).collect();
        let waiting = waiting.join("; ");
        if self.run.nodes[at].next != [None, None] {
            return if waiting.is_empty() { waiting } else { waiting + "." };
        }
        let end = if waiting.is_empty() { "The end.".to_owned() } else { format!("Deadlock: {waiting}.") };
        let said = match self.run.is_met(&self.run.nodes[at]) {
            true => format!("{} Challenge met.", self.stepper.met),
            false => format!("{} Challenge not met.", self.stepper.missed),
        };
        let number = 1 + self.schedules.binary_search(&way.to_vec()).expect("a schedule");
        let [all, met] = self.run.count();
        let met = match (met, &self.stepper.repaired) {
            (0, None) => format!("none of them {}. With two memories it can't be done.", self.stepper.which),
            (0, Some(_)) => format!("none of them {}. After the repair it can't be done.", self.stepper.which),
            _ => format!("{met} of them {}.", self.stepper.which),
        };
        let thousands = |number: u128| base::quantity::thousands(number as u64);
        let number = thousands(number as u128);
        format!("{end} {said} Schedule {number} of {}; {met}", thousands(all))
    }

    /// What is said after the last step of a way.
    fn says(&self, way: &[usize]) -> String {
        let (last, before) = way.split_last().expect("a step");
        let (before, now) = (self.place(before), self.place(way));
        let held = |node: usize| self.run.held(&self.run.nodes[node]);
        let step = self.step(before.node, *last).expect("a step");
        let changes = held(now.node).into_iter().zip(held(before.node));
        let changes = changes.filter(|(new, old)| new != old && new.1 != "–").map(|(new, _)| new);
        let changes: Vec<String> = changes.map(|(what, now)| format!("{what} is {now}")).collect();
        let changes = if changes.is_empty() { "nothing changes".to_owned() } else { changes.join(", ") };
        let mut says = vec![format!("{}: {step}; {changes}.", name(*last))];
        if let Some((_, value)) = now.lost.get(before.lost.len()) {
            says.push(format!("Lost: the {value} that {} never saw.", name(*last)));
        }
        let stale = [0, 1].into_iter().filter(|worker| now.stale[*worker] && !before.stale[*worker]);
        says.extend(stale.map(|worker| format!("{}'s register is stale.", name(worker))));
        says.extend(Some(self.outcome(way)).filter(|outcome| !outcome.is_empty()));
        says.join(" ")
    }

    /// After this click, the page shows where the way has led to.
    fn expect(&mut self, click: &'static str, way: &[usize], says: String) {
        let place = self.place(way);
        let node = &self.run.nodes[place.node];
        let register = |worker: usize| {
            // The last column still shows what was stored in it.
            let stored = || match way.split_last() {
                Some((last, before)) if *last == worker => self.run.nodes[self.place(before).node].registers[worker],
                _ => None,
            };
            let held = node.registers[worker].or_else(stored)?;
            Some(format!("{held}{}", if place.stale[worker] { " stale" } else { "" }))
        };
        let locks =
            node.holders.iter().map(|holder| holder.map_or("–".to_owned(), |holder| name(holder).to_string()));
        let shared = node.memory.iter().map(ToString::to_string).chain(locks);
        let holds: Vec<String> = register(0).into_iter().chain(shared).chain(register(1)).collect();
        let mut lost = place.lost.clone();
        lost.sort_unstable();
        let to_do = (0..2).flat_map(|worker| &self.program.workers[worker][node.done[worker]..]);
        let to_do: Vec<String> = to_do.map(ToString::to_string).collect();
        let locks = self.run.rows.iter().filter_map(|row| row.strip_prefix("lock "));
        let waits = [0, 1].map(|worker| self.waits(place.node, worker));
        let is_awaited = |worker: usize, lock: &str| {
            waits[worker]
                && self.step(place.node, worker).is_some_and(|step| step.to_string() == format!("lock {lock}"))
        };
        let edges = locks.zip(&node.holders).flat_map(|(lock, holder)| {
            // In these programs, all that both wait for is part of the circle.
            let red = u8::from(waits == [true, true] && (is_awaited(0, lock) || is_awaited(1, lock)));
            [0, 1].map(|worker| {
                [*holder == Some(worker), is_awaited(worker, lock)].map(|is_so| if is_so { 1 + red } else { 0 })
            })
        });
        self.clicks.push((
            click,
            json!({
                "says": says, "holds": holds, "lost": lost.iter().map(|(_, value)| value.to_string()).collect::<Vec<_>>(),
                "to": to_do.join(" "),
                "can": [node.next[0].is_some(), node.next[1].is_some(), !way.is_empty()],
                "on": edges.flatten().collect::<Vec<u8>>(), "met": self.run.is_met(node),
            }),
        ));
    }
}

/// Which worker goes when on a way that meets the challenge, by their keys.
fn way(stepper: &Stepper) -> Result<Vec<&'static str>> {
    let way = Run::of(&programs(stepper)?[0], stepper)?.way().context("nothing meets the challenge")?;
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
    // What stands there on paper is the same picture.
    let same = "['.sight svg', '.graph'].map(what => {
        const [one, other] = [board, board.closest('.machine').querySelector('.way')].map(root => root.querySelector(what)?.innerHTML);
        return !other || one === other ? '' : `${what}: ${one} is drawn, and on paper ${other}`;
    }).filter(Boolean)";
    let different = page.findings(same)?;
    page.press("u")?;
    expect(page, "Step ")?;
    // Forth and back by the slider, on the same page.
    page.eval("board.querySelector('[data-do=scrub]').focus()")?;
    page.press("ArrowRight")?;
    expect(page, &met)?;
    page.press("ArrowLeft")?;
    expect(page, &format!("Step {} of", way(stepper)?.len() - 1))?;
    page.press("r")?;
    expect(page, "Back at the start. Who goes first?")?;
    // What belongs to the browser stays the browser's.
    page.eval("for (const held of ['altKey', 'ctrlKey', 'metaKey']) {
        board.querySelector('button').dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true, [held]: true }));
    }")?;
    expect(page, "Back at the start. Who goes first?")?;
    go(page, stepper)?;
    expect(page, &met)?;
    found.extend(different);
    Ok(found)
}

/// In both programs, 200 schedules are drawn, and each comes to an end that the explorer knows.
fn at_random(page: &mut Page<'_>, stepper: &Stepper) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (number, program) in programs(stepper)?.iter().enumerate() {
        let run = Run::of(program, stepper)?;
        page.eval(&format!("board.querySelectorAll('.choice button')[{number}].click()"))?;
        page.eval("board.querySelector('[data-do=random]').click()")?;
        page.painted()?;
        found.extend(
            // In such a page a change takes a hundredth of a millisecond, and may be caught in it.
            page.findings("document.getAnimations().filter(one => one.effect.getTiming().duration > 1).map(() => 'a bar moves although less motion is preferred')")?,
        );
        let rows = page.eval(
            "[...board.querySelectorAll('.shares li')].filter(row => row.checkVisibility()).map(row =>
                [row.textContent, Number(row.querySelector('b').textContent), parseFloat(row.style.getPropertyValue('--came'))])",
        )?;
        let rows: Vec<(String, u32, f64)> = serde_json::from_value(rows)?;
        let told = page.eval("board.querySelector('.told').textContent")?;
        let all = base::quantity::thousands(run.count()[0] as u64);
        let expected = run.ends.iter().zip(&rows).map(|((end, count), (_, came, _))| {
            let count = base::quantity::thousands(*count as u64);
            format!("{}: {came} of 200, and {count} of all {all}", run.in_words_of(*end))
        });
        let expected: Vec<String> = expected.collect();
        if rows.len() != run.ends.len() || rows.iter().map(|row| &row.0).ne(&expected) {
            found.push(format!("of program {number} there is {rows:?} instead of {expected:?}"));
        }
        if rows.iter().map(|(_, came, _)| came).sum::<u32>() != 200 {
            found.push(format!("200 schedules come to {rows:?}"));
        }
        if rows.iter().any(|(_, came, wide)| (f64::from(*came) / 2.0 - wide).abs() > 0.01) {
            found.push(format!("the bars are as wide as in {rows:?}"));
        }
        let says = format!("200 random schedules: {}.", expected.join("; "));
        if told != says {
            found.push(format!("it says {told} instead of {says:?}"));
        }
    }
    Ok(found)
}

fn at_their_ends(page: &mut Page<'_>, steppers: &[Stepper], axe: Option<&str>) -> Result<Vec<String>> {
    each(page, steppers, |page, stepper| {
        go(page, stepper)?;
        page.eval("board.querySelector('[data-do=random]').click()")?;
        Ok(Vec::new())
    })?;
    // Where the menu lies over a control, axe takes it for too small.
    page.eval("scrollTo(0, 0)")?;
    page.painted()?;
    let mut found = checks::looks(page, axe)?;
    found.extend(checks::other_themes(page, if is_soak() { &THEMES[1..] } else { &[] }, axe, true)?);
    Ok(found)
}

/// The controls aren't there, and one way is, drawn and step by step.
fn is_still(page: &mut Page<'_>, stepper: &Stepper) -> Result<Vec<String>> {
    let there = page.eval(
        "['button, input', '.sight svg', 'tbody tr'].map(what => [...board.closest('.machine').querySelectorAll(what)]
            .filter(it => it.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })).length)",
    )?;
    // The first row is the start.
    let expected = json!([0, 1, way(stepper)?.len() + 1]);
    let found = format!("{there} controls, drawings and rows of its table are there, not {expected}");
    Ok(if there == expected { vec![] } else { vec![found] })
}
