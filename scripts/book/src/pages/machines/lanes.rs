//! The game of interleavings: the states that the explorer goes through, put into the page for `book/theme/lanes.js`, and for
//! a reader without scripts, one way that does what is asked, as a picture and as a table.

mod drawing;

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Error, Result, bail, ensure};
use base::quantity::thousands;
use charts::html;
use charts::html::Html;
use edition::lesson::Stepper;
use explorer::{BUDGET, Exploration, Memory, Node, Program, Step, explore, graph, name, sum};
use serde_json::{Value, json};

use super::{Machine, button};

/// More states than this are too much for a page.
const MOST_STATES: usize = 1000;

/// Scripts count exactly up to here.
const MOST_INTERLEAVINGS: u128 = 1 << 53;

/// More locks than this have no place around the workers.
const MOST_LOCKS: usize = 2;

/// The stepper as HTML, with Markdown in it.
///
/// # Errors
/// There are no [programs] to step through, or they are too large for a page, or nothing in the first leads to what the
/// challenge asks for.
pub fn html(stepper: &Stepper) -> Result<String> {
    let programs = programs(stepper)?;
    let [first, second] = [Run::of(&programs[0], stepper)?, Run::of(&programs[1], stepper)?];
    let way = first.way().context("nothing leads to what the challenge asks for")?;
    let ([one, two], never) = match &stepper.repaired {
        Some(repaired) => (repaired.names.clone().map(|name| name + "."), "After the repair it can't be done."),
        None => {
            let words = ["One memory for both.", "Two memories: each worker has an x of its own."];
            (words.map(str::to_owned), "With two memories it can't be done.")
        }
    };
    let data = json!({
        "said": [format!("{} Challenge not met.", stepper.missed), format!("{} Challenge met.", stepper.met)],
        "runs": [first.data(&one, &stepper.which, never), second.data(&two, &stepper.which, never)],
    });
    let moments = first.moments(&way);
    // Where nobody waits at the end, no arrows are left to be seen.
    let waits = moments.last().filter(|_| first.asked.is_none());
    let graph = waits.map_or(Html::default(), |moment| drawing::wait_for(&first, moment.node));
    let still = format!(
        "<details class=\"way\">\n<summary>One way that does it, step by step</summary>\n{}\n\n{}\n\n{}\n\n</details>",
        stage(&drawing::lanes(&first, &moments), &graph).as_str(),
        first.table(&way),
        first.in_words(stepper, &way),
    );
    let machine = Machine {
        kind: "lanes",
        id: &stepper.id,
        data,
        label: &format!("Stepper: {}", stepper.challenge),
        board: board(stepper, &[&first, &second]),
        says: "Who goes first?",
        tools: html!(" {}", button("random", None, html!("200 random schedules"))),
        still,
    };
    Ok(machine.html())
}

/// The programs of a stepper: the one to break, and the one that the reader can switch to.
///
/// # Errors
/// One is none for two workers, or they send messages: the page shows what they share, not what is under way.
pub fn programs(stepper: &Stepper) -> Result<[Program; 2]> {
    let program = |steps: &str| {
        let program: Program = steps.parse().map_err(Error::msg)?;
        let program = program.repeated(stepper.times).map_err(Error::msg)?;
        ensure!(program.workers.len() == 2, "a stepper has two workers, and its program {}", program.workers.len());
        let message = program.workers.iter().flatten().find(|step| matches!(step, Step::Send(_) | Step::Receive(_)));
        if let Some(step) = message {
            bail!("a stepper shows no channels, and its program has the step `{step}`; take another");
        }
        Ok(program)
    };
    let first = program(&stepper.program)?;
    let second = match &stepper.repaired {
        Some(repaired) => program(&repaired.program)?,
        None => Program { memory: Memory::Separate, ..first.clone() },
    };
    Ok([first, second])
}

/// A program with all of its states.
pub struct Run<'a> {
    program: &'a Program,
    /// The states: the first is the start, and each stands behind those that lead to it.
    pub nodes: Vec<Node>,
    /// The names of what the workers share, a row of the picture each: cells of memory, then locks.
    pub rows: Vec<String>,
    /// How many of the rows are cells.
    cells: usize,
    /// What the interleavings come to, and how many come to it: the sum of the memory, or none in a deadlock.
    pub ends: BTreeMap<Option<i64>, u128>,
    /// What the challenge asks for.
    asked: Option<i64>,
    found: Exploration,
}

/// A state on a way, and what led there.
struct Moment<'a> {
    node: &'a Node,
    /// The step, and the worker that has done it; none at the start.
    by: Option<(usize, Step)>,
    /// The last change of each row, named by its column, and which of the changes each worker has loaded or made.
    changed: Vec<i32>,
    seen: [i32; 2],
    /// The change that this step has overwritten, where its worker had not seen it.
    lost: Option<i32>,
}

impl Moment<'_> {
    /// Whether what a worker's register was loaded from is there no more.
    fn is_stale(&self, worker: usize) -> bool {
        let seen = self.seen[worker];
        self.node.registers[worker].is_some() && seen != 0 && !self.changed.contains(&seen)
    }
}

impl<'a> Run<'a> {
    /// Explores what one of a stepper's programs comes to.
    ///
    /// # Errors
    /// It is too large for a page.
    pub fn of(program: &'a Program, stepper: &Stepper) -> Result<Self> {
        let found = explore(program, BUDGET)?;
        ensure!(found.states <= MOST_STATES, "{} states are more than a page bears, {MOST_STATES}", found.states);
        ensure!(found.interleavings <= MOST_INTERLEAVINGS, "more interleavings than a script can count");
        let (nodes, names, locks) = graph(program);
        ensure!(locks.len() <= MOST_LOCKS, "{} locks are more than a page draws, {MOST_LOCKS}", locks.len());
        let mut ends = BTreeMap::new();
        for (memory, end) in &found.ends {
            *ends.entry(Some(sum(memory))).or_default() += end.interleavings;
        }
        ends.extend(Some((None, found.deadlocked())).filter(|(_, count)| *count > 0));
        let cells = names.len();
        let rows = names.into_iter().chain(locks.iter().map(|lock| format!("lock {lock}"))).collect();
        Ok(Self { program, nodes, rows, cells, ends, asked: stepper.ends_at.map(i64::from), found })
    }

    /// What a state ends with, if nobody can go on.
    pub fn end(&self, node: &Node) -> Option<Option<i64>> {
        let sum = || node.memory.iter().map(|held| i64::from(*held)).sum();
        node.next.iter().all(Option::is_none).then(|| node.ended.then(sum))
    }

    /// Whether a state is one that the challenge asks for.
    pub fn is_met(&self, node: &Node) -> bool {
        self.end(node) == Some(self.asked)
    }

    /// How many interleavings there are, and how many of them end as the challenge asks for.
    pub fn count(&self) -> [u128; 2] {
        [self.found.interleavings, self.ends.get(&self.asked).copied().unwrap_or_default()]
    }

    /// An end in words.
    pub fn in_words_of(&self, end: Option<i64>) -> String {
        match end {
            None => "deadlock".to_owned(),
            Some(_) if self.cells == 0 => "both end".to_owned(),
            Some(sum) => format!("{} = {sum}", self.rows[..self.cells].join(" + ")),
        }
    }

    /// What the script needs: what is to be shown and said, and all states in a row. Each is the states after a step of A and of B,
    /// the registers, the memory, who holds each lock, how many ways lead on from here, and the number of its end.
    fn data(&self, words: &str, which: &str, never: &str) -> Value {
        let number = |number: Option<usize>| json!(number.map_or(-1, |number| number as i64));
        let out = self.ways();
        let states = self.nodes.iter().zip(out).flat_map(|(node, out)| {
            let next = node.next.iter().map(|next| number(*next));
            let registers = node.registers.iter().map(|held| json!(held));
            let memory = node.memory.iter().map(|held| json!(held));
            let end = self.end(node).and_then(|end| self.ends.keys().position(|known| *known == end));
            let held = memory.chain(node.holders.iter().map(|holder| number(*holder)));
            next.chain(registers).chain(held).chain([json!(out), number(end)])
        });
        let steps = |of: &dyn Fn(usize, &Step) -> Value| -> Vec<Vec<Value>> {
            let workers = self.program.workers.iter().enumerate();
            workers.map(|(worker, steps)| steps.iter().map(|step| of(worker, step)).collect()).collect()
        };
        let [width, height] = self.size();
        let [all, met] = self.count().map(|count| thousands(count as u64));
        let of = match &*met {
            "0" => format!("{all}; none of them {which}. {never}"),
            _ => format!("{all}; {met} of them {which}."),
        };
        json!({
            "words": words, "of": of, "rows": self.rows, "cells": self.cells, "wide": self.wide(), "size": format!("width:{width}px;height:{height}px"),
            "code": steps(&|_, step| json!(step.to_string())),
            "places": steps(&|worker, step| number(self.place(worker, step))),
            "met": self.ends.keys().position(|end| *end == self.asked),
            "states": states.collect::<Vec<_>>(),
        })
    }

    /// In how many ways each state can go on to an end.
    fn ways(&self) -> Vec<u64> {
        let mut out = vec![0; self.nodes.len()];
        for (number, node) in self.nodes.iter().enumerate().rev() {
            out[number] = node.next.iter().flatten().map(|next| out[*next]).sum::<u64>().max(1);
        }
        out
    }

    /// The row that a step of a worker is about: with two memories, each worker has cells of its own.
    fn place(&self, worker: usize, step: &Step) -> Option<usize> {
        let names = match step {
            Step::Load(cell) | Step::Store(cell) | Step::FetchAdd(cell, _) => {
                [cell.to_string(), format!("{}'s {cell}", name(worker))]
            }
            Step::Lock(lock) | Step::Unlock(lock) => [format!("lock {lock}"), String::new()],
            _ => return None,
        };
        self.rows.iter().position(|row| names.contains(row))
    }

    /// The row of the lock that a worker waits for.
    fn awaited(&self, node: &Node, worker: usize) -> Option<usize> {
        let step = self.program.workers[worker].get(node.done[worker])?;
        if node.next[worker].is_none() { self.place(worker, step) } else { None }
    }

    /// How wide a column is: as the longest word that one may have to hold.
    fn wide(&self) -> i32 {
        let steps = self.program.workers.iter().flatten();
        let wide = steps.map(|step| match step {
            Step::FetchAdd(..) => 58,
            Step::Unlock(_) => 45,
            _ => 36,
        });
        wide.max().unwrap_or_default()
    }

    /// Which worker goes when, on a way to what the challenge asks for: the first such way, if A is put before B.
    pub fn way(&self) -> Option<Vec<usize>> {
        let Some(all) = self.asked else { return Some(self.found.way_into(self.found.deadlocks.first()?)) };
        let (_, end) = self.found.ends.iter().find(|(memory, _)| sum(memory) == all)?;
        Some(self.found.way_to(end))
    }

    /// The states on a way, from the start on.
    fn moments(&self, way: &[usize]) -> Vec<Moment<'_>> {
        // No two of the names are the same: those of the rows at the start are below 0.
        let changed = (0..self.rows.len()).map(|row| -1 - row as i32).collect();
        let mut moments = vec![Moment { node: &self.nodes[0], by: None, changed, seen: [0; 2], lost: None }];
        for (column, &worker) in (1..).zip(way) {
            let last = &moments[moments.len() - 1];
            let step = self.program.workers[worker][last.node.done[worker]];
            let (mut changed, mut seen, mut lost) = (last.changed.clone(), last.seen, None);
            if let Some(row) = self.place(worker, &step) {
                if !matches!(step, Step::Load(_)) {
                    changed[row] = column;
                }
                if let Step::Store(_) = step {
                    lost = Some(last.changed[row]).filter(|change| *change > 0 && *change != seen[worker]);
                }
                if let Step::Load(_) | Step::Store(_) = step {
                    seen[worker] = changed[row];
                }
            }
            let node = &self.nodes[last.node.next[worker].expect("the way can be gone")];
            moments.push(Moment { node, by: Some((worker, step)), changed, seen, lost });
        }
        moments
    }

    /// Whether a register ever holds what somebody will read.
    fn uses_registers(&self) -> bool {
        self.nodes.iter().any(|node| node.registers.iter().any(Option::is_some))
    }

    /// What registers, memory and locks hold in a state: each with its name.
    pub fn held(&self, node: &Node) -> Vec<(String, String)> {
        let registers = node.registers.iter().enumerate().filter(|_| self.uses_registers());
        let registers = registers.map(|(worker, held)| {
            (format!("{}'s register", name(worker)), held.map_or("–".to_owned(), |n| n.to_string()))
        });
        let memory = node.memory.iter().map(ToString::to_string);
        let locks = node.holders.iter();
        let locks = locks.map(|holder| holder.map_or("free".to_owned(), |holder| format!("held by {}", name(holder))));
        registers.chain(self.rows.iter().cloned().zip(memory.chain(locks))).collect()
    }

    fn table(&self, way: &[usize]) -> String {
        let start = self.held(&self.nodes[0]);
        let names: Vec<&str> = start.iter().map(|(name, _)| &name[..]).collect();
        let values = |node: &Node| self.held(node).into_iter().map(|(_, held)| held).collect::<Vec<_>>().join(" | ");
        let mut table =
            format!("| worker A | worker B | {} |\n| --- | --- |{}", names.join(" | "), " --- |".repeat(names.len()));
        for Moment { node, by, .. } in self.moments(way) {
            let step = |worker: usize| {
                by.filter(|(who, _)| *who == worker).map_or(String::new(), |(_, step)| step.to_string())
            };
            let _ = write!(table, "\n| {} | {} | {} |", step(0), step(1), values(node));
        }
        table
    }

    fn in_words(&self, stepper: &Stepper, way: &[usize]) -> String {
        let shortest = match self.asked {
            Some(_) => String::new(),
            None => format!(", the shortest in {} steps", way.len()),
        };
        let [all, met] = self.count().map(|count| thousands(count as u64));
        format!("{} Of the {all} interleavings {met} come to this{shortest}.", stepper.met)
    }
}

/// What the reader works with: it stands in the page from the start, so that nothing moves as the script comes.
fn board(stepper: &Stepper, runs: &[&Run<'_>]) -> Html {
    let (label, class, names) = match &stepper.repaired {
        Some(repaired) => ("Program", "choice", repaired.names.each_ref().map(|name| &name[..])),
        None => ("Memory", "choice memories", ["One memory", "Two memories"]),
    };
    let choices = names.into_iter().enumerate().map(|(number, name)| {
        html!(
            "<button type=\"button\" data-do=\"choose\" value=\"{}\" aria-pressed=\"{}\">{}</button> ",
            number,
            if number == 0 { "true" } else { "false" },
            name
        )
    });
    let go = [0, 1].map(name).map(|name| {
        let key = name.to_ascii_lowercase().to_string();
        html!("{} ", button(&key, Some(&key), html!("{} goes next", name)))
    });
    // A repair may need other locks.
    let locked =
        if runs[1].rows.len() - runs[1].cells > runs[0].rows.len() - runs[0].cells { runs[1] } else { runs[0] };
    let mut beside = drawing::wait_for(locked, &locked.nodes[0]);
    runs.iter().for_each(|run| beside.push(&shares(run)));
    html!(
        "<p class=\"challenge\"><strong>Challenge:</strong> {challenge}</p>\n\
         <div class=\"{class}\" role=\"group\" aria-label=\"{label}\">{choices}</div>\n{stage}\n<p class=\"tools\">{go}\
         <small>In here the keys a, b, u and r do the same.</small></p>",
        challenge = stepper.challenge,
        class = class,
        label = label,
        choices = choices.collect::<Html>(),
        stage = stage(&drawing::empty(runs[0]), &beside),
        go = go.into_iter().collect::<Html>(),
    )
}

/// The lanes, and what stands beside them.
fn stage(lanes: &Html, beside: &Html) -> Html {
    html!(
        "<div class=\"stage\"><div class=\"scroll sight\" aria-label=\"Lanes, scrollable\">{}</div>{}</div>",
        lanes,
        beside
    )
}

/// Where the ends of 200 random schedules are counted, beside those of all.
fn shares(run: &Run<'_>) -> Html {
    let [all, _] = run.count();
    let rows = run.ends.iter().map(|(end, count)| {
        html!(
            "<li style=\"--all:{}%\">{}: <b>0</b> of 200, and {} of all {}</li>",
            (1000.0 * *count as f64 / all as f64).round() / 10.0,
            run.in_words_of(*end),
            thousands(*count as u64),
            thousands(all as u64)
        )
    });
    html!(
        "<div class=\"shares\" hidden><ul>{}</ul><p>At each step a fair coin chose among the workers that could go. That makes some schedules \
         likelier than others. The thin lines are the shares of all schedules.</p></div>",
        rows.collect::<Html>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::lesson::Repaired;

    const ADD: &str = "load x; add 1; store x | load x; add 1; store x";
    const OPPOSITE: &str =
        "lock a; lock b; fetch-add x 1; unlock b; unlock a | lock b; lock a; fetch-add x 1; unlock a; unlock b";

    fn stepper(program: &str, times: usize, ends_at: Option<i32>) -> Stepper {
        let words = |words: &str| words.to_owned();
        Stepper {
            id: words("it"),
            program: words(program),
            times,
            challenge: words("Lose \"one\"."),
            ends_at,
            met: words("Lost."),
            missed: words("Kept."),
            which: words("lose one"),
            repaired: None,
        }
    }

    fn data(html: &str) -> Value {
        let data = html.split("data-given=\"").nth(1).unwrap().split('"').next().unwrap();
        serde_json::from_str(&data.replace("&quot;", "\"").replace("&amp;", "&")).unwrap()
    }

    #[test]
    fn it_has_the_explorers_states_the_controls_and_a_way() {
        let stepper = stepper(ADD, 1, Some(1));
        let html = html(&stepper).unwrap();
        assert!(html.contains("<strong>Challenge:</strong> Lose &quot;one&quot;."), "{html}");
        assert!(html.contains("\n| worker A | worker B | A's register | B's register | x |\n"), "{html}");
        assert!(html.contains("\n| load x |  | 0 | – | 0 |\n"), "{html}");
        assert!(html.contains("Of the 20 interleavings 18 come to this."), "{html}");
        assert!(html.contains("<li style=\"--all:90%\">x = 1: <b>0</b> of 200, and 18 of all 20</li>"), "{html}");
        assert!(html.contains("A's x + B's x = 2: <b>0</b> of 200, and 20 of all 20"), "{html}");
        // A blank line would end the HTML of the board.
        assert!(!html.split("<details").next().unwrap().contains("\n\n"), "{html}");
        let data = data(&html);
        let programs = programs(&stepper).unwrap();
        for (number, program) in programs.iter().enumerate() {
            let run = &data["runs"][number];
            let found = explore(program, BUDGET).unwrap();
            let width = 6 + run["rows"].as_array().unwrap().len();
            let states = run["states"].as_array().unwrap();
            assert_eq!(states.len(), width * found.states);
            // From the start lead all ways.
            assert_eq!(states[width - 2].as_u64(), Some(20));
            assert_eq!(run["met"], if number == 0 { json!(0) } else { Value::Null });
        }
        assert_eq!(data["runs"][0]["of"], "20; 18 of them lose one.");
        assert_eq!(data["runs"][1]["of"], "20; none of them lose one. With two memories it can't be done.");
    }

    #[test]
    fn a_deadlock_is_a_challenge_whatever_the_memory() {
        let html = html(&stepper(OPPOSITE, 1, None)).unwrap();
        assert!(html.contains("\n|  | lock b | 0 | held by A | held by B |\n"), "{html}");
        assert!(html.contains("Of the 6 interleavings 2 come to this, the shortest in 2 steps."), "{html}");
        assert!((0..2).all(|run| data(&html)["runs"][run]["met"] == 0));
    }

    #[test]
    fn a_program_can_be_switched_to_its_repair() {
        let names = ["Three steps".to_owned(), "One step".to_owned()];
        let program = "fetch-add x 1 | fetch-add x 1".to_owned();
        let repaired = Stepper { repaired: Some(Repaired { names, program }), ..stepper(ADD, 1, Some(1)) };
        let html = html(&repaired).unwrap();
        assert!(html.contains("value=\"1\" aria-pressed=\"false\">One step</button>"), "{html}");
        assert_eq!(data(&html)["runs"][1]["of"], "2; none of them lose one. After the repair it can't be done.");
    }

    #[test]
    fn a_way_shows_what_is_stale_and_strikes_out_what_is_lost() {
        let stepper = stepper(ADD, 1, Some(1));
        let programs = programs(&stepper).unwrap();
        let run = Run::of(&programs[0], &stepper).unwrap();
        let drawn = |way: &[usize]| drawing::lanes(&run, &run.moments(way)).as_str().to_owned();
        let right = drawn(&[0, 0, 0, 1, 1, 1]);
        assert!(!right.contains("stale") && !right.contains("lost"), "{right}");
        // A is done, B stores over it what it made of the 0 that it had loaded before.
        let wrong = drawn(&[0, 1, 0, 0, 1, 1]);
        assert_eq!(wrong.matches("v lost").count(), 1, "{wrong}");
        assert_eq!(wrong.matches(">stale</text>").count(), 1, "{wrong}");
        // What has yet to be done stands behind.
        assert_eq!(drawn(&[]).matches("class=\"c u\"").count(), 12);
    }

    #[test]
    fn a_circle_of_waits_is_red_and_a_wait_alone_is_not() {
        let stepper = stepper(OPPOSITE, 1, None);
        let programs = programs(&stepper).unwrap();
        let run = Run::of(&programs[0], &stepper).unwrap();
        let graph = |way: &[usize]| drawing::wait_for(&run, run.moments(way).last().unwrap().node);
        let count = |way: &[usize]| [" on", " red"].map(|class| graph(way).as_str().matches(class).count());
        assert_eq!(count(&[]), [0, 0]);
        assert_eq!(count(&[0, 0]), [3, 0]);
        assert_eq!(count(&[0, 1]), [4, 4]);
    }

    #[test]
    fn what_cant_be_stepped_through_says_why() {
        let error = |stepper| format!("{:#}", html(&stepper).unwrap_err());
        assert!(error(stepper("lod x | load x", 1, None)).contains("\"lod x\" is no step"));
        assert!(error(stepper("load x | load x | load x", 1, None)).contains("two workers, and its program 3"));
        let said = error(stepper("send b | receive b", 1, None));
        assert_eq!(said, "a stepper shows no channels, and its program has the step `send b`; take another");
        assert!(error(stepper("lock a; lock b; lock c | lock a", 1, None)).contains("3 locks are more than"));
        assert!(error(stepper(ADD, 9, Some(2))).contains("more than a page bears"));
        assert!(error(stepper(ADD, 1000, Some(2))).contains("too large for the explorer"));
        assert!(error(stepper(ADD, 2, Some(1))).contains("nothing leads to"));
        assert!(error(stepper("fetch-add x 1 | fetch-add x 1", 2, None)).contains("nothing leads to"));
    }
}
