//! Programs as text, `A: load x; add 1; store x | B: load x; add 1; store x`, and what a program may not be.

use std::fmt;
use std::str::FromStr;

use crate::program::Step::{
    Add, FetchAdd, Load, Lock, Receive, Send, Store, Unlock,
};
use crate::program::{Memory, Program, Step, WORKERS, name};

/// The most steps that a worker may have.
const MOST_STEPS: usize = 10_000;

/// The most that a step may add or take away: with it, no sum of a program leaves an `i32`.
const MOST_ADDED: i32 = 1000;

const STEPS: &str =
    "load x, add 1, store x, fetch-add x 1, lock a, unlock a, send c, receive c";

impl Program {
    /// Says what is wrong with a program, if anything is.
    ///
    /// # Errors
    /// There are too few or too many workers or steps, a number is too large, or a worker gives back a lock that it
    /// doesn't hold. The error says what and where.
    pub fn validate(&self) -> Result<(), String> {
        let workers = self.workers.len();
        if !WORKERS.contains(&workers) {
            let plural = if workers == 1 { "" } else { "s" };
            return Err(format!(
                "{workers} worker{plural}; write 2 to 4, with | between them"
            ));
        }
        for (number, steps) in self.workers.iter().enumerate() {
            let worker = name(number);
            if steps.is_empty() || steps.len() > MOST_STEPS {
                return Err(format!(
                    "{worker} has {} steps; write 1 to {MOST_STEPS}",
                    steps.len()
                ));
            }
            let mut held = Vec::new();
            for (at, step) in steps.iter().enumerate() {
                let wrong = |what: &str| {
                    Err(format!("step {} of {worker}, {step}: {what}", at + 1))
                };
                match *step {
                    Add(number) | FetchAdd(_, number)
                        if !(-MOST_ADDED..=MOST_ADDED).contains(&number) =>
                    {
                        return wrong(&format!(
                            "add a whole number from -{MOST_ADDED} to {MOST_ADDED}"
                        ));
                    }
                    Lock(lock) => held.push(lock),
                    Unlock(lock) => {
                        match held.iter().position(|held| *held == lock) {
                            Some(at) => drop(held.remove(at)),
                            None => {
                                return wrong(&format!(
                                    "{worker} doesn't hold {lock} there; lock it before"
                                ));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The program with the steps of each worker this many times over.
    ///
    /// # Errors
    /// It isn't [valid](Program::validate) then.
    pub fn repeated(mut self, times: usize) -> Result<Self, String> {
        for (worker, steps) in self.workers.iter_mut().enumerate() {
            let all = steps.len().saturating_mul(times);
            if all > MOST_STEPS {
                return Err(format!(
                    "{} has {all} steps then; {MOST_STEPS} are the most",
                    name(worker)
                ));
            }
            *steps = steps.repeat(times);
        }
        self.validate().map(|()| self)
    }

    /// The steps on a way, given by the order in which workers go: `A lock a, B lock b`.
    ///
    /// # Panics
    /// There are fewer workers, or a worker has fewer steps.
    pub fn way_in_words(&self, way: &[usize]) -> String {
        let mut done = vec![0; self.workers.len()];
        let step = |worker: &usize| {
            done[*worker] += 1;
            format!(
                "{} {}",
                name(*worker),
                self.workers[*worker][done[*worker] - 1]
            )
        };
        way.iter().map(step).collect::<Vec<_>>().join(", ")
    }
}

impl FromStr for Program {
    type Err = String;

    /// Reads a program on shared memory: the workers with `|` between them, the steps of each with `;` between them.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut workers = Vec::new();
        for (number, part) in text.split('|').enumerate() {
            let steps = match part.split_once(':') {
                None => part,
                Some((given, steps)) if number < *WORKERS.end() => {
                    if given.trim() != name(number).to_string() {
                        let place = name(number);
                        let given = short(given.trim());
                        return Err(format!(
                            "{given:?} is no name for worker {}; call it {place}",
                            number + 1
                        ));
                    }
                    steps
                }
                Some((_, steps)) => steps,
            };
            let steps =
                steps.split(';').map(str::trim).filter(|step| !step.is_empty());
            workers.push(steps.map(str::parse).collect::<Result<_, _>>()?);
        }
        let program = Self { memory: Memory::Shared, workers };
        program.validate().map(|()| program)
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(whole: &str) -> Result<Self, String> {
        let text = &short(whole);
        let words: Vec<&str> = whole.split_whitespace().collect();
        let letter = |word: &str| {
            let mut letters = word.chars();
            match (letters.next(), letters.next()) {
                (Some(letter @ ('a'..='z' | 'A'..='Z')), None) => Ok(letter),
                _ => Err(format!(
                    "{text:?}: {:?} is no name; a name is one letter",
                    short(word)
                )),
            }
        };
        let number = |word: &str| {
            let what = || {
                format!(
                    "{text:?}: {:?} is no whole number from -{MOST_ADDED} to {MOST_ADDED}",
                    short(word)
                )
            };
            word.parse().map_err(|_| what())
        };
        Ok(match words[..] {
            ["load", cell] => Load(letter(cell)?),
            ["add", added] => Add(number(added)?),
            ["store", cell] => Store(letter(cell)?),
            ["fetch-add", cell, added] => FetchAdd(letter(cell)?, number(added)?),
            ["lock", lock] => Lock(letter(lock)?),
            ["unlock", lock] => Unlock(letter(lock)?),
            ["send", channel] => Send(letter(channel)?),
            ["receive", channel] => Receive(letter(channel)?),
            _ => return Err(format!("{text:?} is no step; write one of: {STEPS}")),
        })
    }
}

/// So much of a text that a line about it stays short.
fn short(text: &str) -> String {
    if text.chars().count() <= 30 {
        text.to_owned()
    } else {
        text.chars().take(29).chain(['…']).collect()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Load(cell) => write!(f, "load {cell}"),
            Add(number) => write!(f, "add {number}"),
            Store(cell) => write!(f, "store {cell}"),
            FetchAdd(cell, number) => write!(f, "fetch-add {cell} {number}"),
            Lock(lock) => write!(f, "lock {lock}"),
            Unlock(lock) => write!(f, "unlock {lock}"),
            Send(channel) => write!(f, "send {channel}"),
            Receive(channel) => write!(f, "receive {channel}"),
        }
    }
}

impl fmt::Display for Program {
    /// The program as it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worker = |(number, steps): (usize, &Vec<Step>)| {
            let steps: Vec<String> =
                steps.iter().map(ToString::to_string).collect();
            format!("{}: {}", name(number), steps.join("; "))
        };
        f.write_str(
            &self
                .workers
                .iter()
                .enumerate()
                .map(worker)
                .collect::<Vec<_>>()
                .join(" | "),
        )
    }
}
