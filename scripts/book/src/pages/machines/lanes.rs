//! A program to step through: the states that the explorer goes through, put into the page with the controls that
//! `book/theme/lanes.js` gives life to, and for a reader without scripts, a table of one way that does what is asked.

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

/// The stepper as HTML, with Markdown in it.
///
/// # Errors
/// There is no [program] to step through, or it is too large for a page, or on shared memory nothing leads to what the
/// challenge asks for.
pub fn html(stepper: &Stepper) -> Result<String> {
    let (shared, separate) = (program(stepper, Memory::Shared)?, program(stepper, Memory::Separate)?);
    let (run, separate) = (Run::of(&shared, stepper)?, Run::of(&separate, stepper)?);
    let way = run.way().context("nothing leads to what the challenge asks for")?;
    let data = json!({
        "met": stepper.met, "missed": stepper.missed,
        "runs": [run.data("One memory for both."), separate.data("Two memories: each worker has an x of its own.")],
    });
    let still = format!(
        "<details class=\"way\">\n<summary>One way that does it, step by step</summary>\n\n{}\n\n{}\n\n</details>",
        run.table(&way),
        run.in_words(&way, stepper),
    );
    let machine = Machine {
        kind: "lanes",
        id: &stepper.id,
        data,
        label: &format!("Stepper: {}", stepper.challenge),
        board: board(stepper, &run),
        says: "Who goes first?",
        tools: Html::default(),
        still,
    };
    Ok(machine.html())
}

/// The program of a stepper.
///
/// # Errors
/// It is none for two workers, or they send messages: the page shows what they share, not what is under way.
pub fn program(stepper: &Stepper, memory: Memory) -> Result<Program> {
    let program: Program = stepper.program.parse().map_err(Error::msg)?;
    let program = Program { memory, ..program.repeated(stepper.times).map_err(Error::msg)? };
    ensure!(program.workers.len() == 2, "a stepper has two workers, and its program {}", program.workers.len());
    let message = program.workers.iter().flatten().find(|step| matches!(step, Step::Send(_) | Step::Receive(_)));
    if let Some(step) = message {
        bail!("a stepper shows no channels, and its program has the step `{step}`; take another");
    }
    Ok(program)
}

/// A program with all of its states.
pub struct Run<'a> {
    program: &'a Program,
    /// The states: the first is the start, and each stands behind those that lead to it.
    pub nodes: Vec<Node>,
    cells: Vec<String>,
    locks: Vec<char>,
    /// The states that the challenge asks for.
    pub met: Vec<usize>,
    ends_at: Option<i64>,
    found: Exploration,
}

impl<'a> Run<'a> {
    /// Explores what a stepper's program comes to.
    pub fn of(program: &'a Program, stepper: &Stepper) -> Result<Self> {
        let found = explore(program, BUDGET)?;
        ensure!(found.states <= MOST_STATES, "{} states are more than a page bears, {MOST_STATES}", found.states);
        let (nodes, cells, locks) = graph(program);
        let is_met = |node: &Node| match stepper.ends_at {
            Some(sum) => node.ended && node.memory.iter().sum::<i32>() == sum,
            None => !node.ended && node.next.iter().all(Option::is_none),
        };
        let met = (0..nodes.len()).filter(|number| is_met(&nodes[*number])).collect();
        Ok(Self { program, nodes, cells, locks, met, ends_at: stepper.ends_at.map(i64::from), found })
    }

    /// What the script needs: what is to be shown, and all states in a row, each as the states after a step of A and of
    /// B, the registers, the memory and who holds each lock.
    fn data(&self, words: &str) -> Value {
        let number = |number: Option<usize>| json!(number.map_or(-1, |number| number as i64));
        let states = self.nodes.iter().flat_map(|node| {
            let next = node.next.iter().map(|next| number(*next));
            let registers = node.registers.iter().map(|held| json!(held));
            let memory = node.memory.iter().map(|held| json!(held));
            next.chain(registers).chain(memory).chain(node.holders.iter().map(|holder| number(*holder)))
        });
        let all = format!(
            "All {} interleavings end so: with two memories it can't be done.",
            thousands(self.found.interleavings as u64)
        );
        let locks: Vec<String> = self.locks.iter().map(ToString::to_string).collect();
        json!({
            "words": words, "registers": self.uses_registers(), "cells": self.cells, "locks": locks, "met": self.met,
            "never": if self.met.is_empty() { all } else { String::new() }, "states": states.collect::<Vec<_>>(),
        })
    }

    /// Which worker goes when, on a way to what the challenge asks for: the first such way, if A is put before B.
    pub fn way(&self) -> Option<Vec<usize>> {
        let Some(all) = self.ends_at else { return Some(self.found.way_into(self.found.deadlocks.first()?)) };
        let (_, end) = self.found.ends.iter().find(|(memory, _)| sum(memory) == all)?;
        Some(self.found.way_to(end))
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
        let memory = self.cells.iter().zip(&node.memory).map(|(cell, held)| (cell.clone(), held.to_string()));
        let locks = self.locks.iter().zip(&node.holders).map(|(lock, holder)| {
            (format!("lock {lock}"), holder.map_or("free".to_owned(), |holder| format!("held by {}", name(holder))))
        });
        registers.chain(memory).chain(locks).collect()
    }

    fn table(&self, way: &[usize]) -> String {
        let start = self.held(&self.nodes[0]);
        let names: Vec<&str> = start.iter().map(|(name, _)| &name[..]).collect();
        let values = |node: &Node| self.held(node).into_iter().map(|(_, held)| held).collect::<Vec<_>>().join(" | ");
        let mut table =
            format!("| worker A | worker B | {} |\n| --- | --- |{}", names.join(" | "), " --- |".repeat(names.len()));
        let _ = write!(table, "\n| | | {} |", values(&self.nodes[0]));
        let mut at = 0;
        for worker in way {
            let step = self.program.workers[*worker][self.nodes[at].done[*worker]].to_string();
            at = self.nodes[at].next[*worker].expect("the way can be gone");
            let steps = if *worker == 0 { [&step[..], ""] } else { ["", &step] };
            let _ = write!(table, "\n| {} | {} |", steps.join(" | "), values(&self.nodes[at]));
        }
        table
    }

    fn in_words(&self, way: &[usize], stepper: &Stepper) -> String {
        let (met, shortest) = match self.ends_at {
            Some(all) => (self.found.adding_up_to(all), String::new()),
            None => (self.found.deadlocked(), format!(", the shortest in {} steps", way.len())),
        };
        let [met, all] = [met, self.found.interleavings].map(|count| thousands(count as u64));
        format!("{} Of the {all} interleavings {met} come to this{shortest}.", stepper.met)
    }
}

/// What the reader works with: it stands in the page from the start, so that nothing moves as the script comes.
fn board(stepper: &Stepper, run: &Run<'_>) -> Html {
    let workers = run.program.workers.iter().enumerate().map(|(number, steps)| {
        let name = name(number);
        let steps = steps.iter().enumerate().map(|(place, step)| match place {
            0 => html!("<li aria-current=\"step\">{}</li>", step.to_string()),
            _ => html!("<li>{}</li>", step.to_string()),
        });
        let key = name.to_ascii_lowercase().to_string();
        html!(
            "<div class=\"worker\"><p>Worker {}</p><ol>{}</ol>{}</div>\n",
            name,
            steps.collect::<Html>(),
            button(&key, Some(&key), html!("{} goes next", name))
        )
    });
    let held = run.held(&run.nodes[0]);
    let held = held.iter().map(|(what, held)| html!("<div><dt>{}</dt><dd>{}</dd></div>", what, held));
    html!(
        "<p class=\"challenge\"><strong>Challenge:</strong> {words}</p>\n\
         <div class=\"choice\" role=\"group\" aria-label=\"Memory\"><button type=\"button\" data-do=\"choose\" value=\"0\" \
         aria-pressed=\"true\">One memory</button> <button type=\"button\" data-do=\"choose\" value=\"1\" \
         aria-pressed=\"false\">Two memories</button></div>\n<div class=\"workers\">\n{workers}</div>\n<dl class=\"held\">{held}</dl>",
        words = stepper.challenge,
        workers = workers.collect::<Html>(),
        held = held.collect::<Html>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
        }
    }

    fn data(html: &str) -> Value {
        let data = html.split("data-given=\"").nth(1).unwrap().split('"').next().unwrap();
        serde_json::from_str(&data.replace("&quot;", "\"").replace("&amp;", "&")).unwrap()
    }

    #[test]
    fn it_has_the_explorers_states_the_controls_and_a_way() {
        let html = html(&stepper(ADD, 1, Some(1))).unwrap();
        assert!(html.contains("<strong>Challenge:</strong> Lose &quot;one&quot;."), "{html}");
        assert!(html.contains("\n| worker A | worker B | A's register | B's register | x |\n"), "{html}");
        assert!(html.contains("\n| load x |  | 0 | – | 0 |\n"), "{html}");
        assert!(html.contains("Of the 20 interleavings 18 come to this."), "{html}");
        assert!(html.contains("<div class=\"choice\" role=\"group\" aria-label=\"Memory\">"), "{html}");
        // A blank line would end the HTML of the board.
        assert!(!html.split("<details").next().unwrap().contains("\n\n"), "{html}");
        let data = data(&html);
        for (number, memory) in [Memory::Shared, Memory::Separate].into_iter().enumerate() {
            let run = &data["runs"][number];
            let found = explore(&program(&stepper(ADD, 1, Some(1)), memory).unwrap(), BUDGET).unwrap();
            let width = 4 + run["cells"].as_array().unwrap().len();
            assert_eq!(run["states"].as_array().unwrap().len(), width * found.states);
            assert_eq!(run["registers"], true);
            let is_possible = memory == Memory::Shared;
            assert_eq!(run["met"].as_array().unwrap().is_empty(), !is_possible);
            assert_eq!(run["never"].as_str().unwrap().is_empty(), is_possible, "{run}");
        }
    }

    #[test]
    fn a_deadlock_is_a_challenge_whatever_the_memory() {
        let html = html(&stepper(OPPOSITE, 1, None)).unwrap();
        assert!(html.contains("\n|  | lock b | 0 | held by A | held by B |\n"), "{html}");
        assert!(html.contains("Of the 6 interleavings 2 come to this, the shortest in 2 steps."), "{html}");
        assert!((0..2).all(|run| data(&html)["runs"][run]["registers"] == false));
        assert!((0..2).all(|run| !data(&html)["runs"][run]["met"].as_array().unwrap().is_empty()));
    }

    #[test]
    fn what_cant_be_stepped_through_says_why() {
        let error = |stepper| format!("{:#}", html(&stepper).unwrap_err());
        assert!(error(stepper("lod x | load x", 1, None)).contains("\"lod x\" is no step"));
        assert!(error(stepper("load x | load x | load x", 1, None)).contains("two workers, and its program 3"));
        let said = error(stepper("send b | receive b", 1, None));
        assert_eq!(said, "a stepper shows no channels, and its program has the step `send b`; take another");
        assert!(error(stepper(ADD, 9, Some(2))).contains("more than a page bears"));
        assert!(error(stepper(ADD, 1000, Some(2))).contains("too large for the explorer"));
        assert!(error(stepper(ADD, 2, Some(1))).contains("nothing leads to"));
        assert!(error(stepper("fetch-add x 1 | fetch-add x 1", 2, None)).contains("nothing leads to"));
    }
}
