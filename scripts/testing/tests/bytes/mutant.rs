//! Makes bad text of good text, always the same by its number.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use serde::Deserialize;
use testing::is_soak;

/// What is hard on one reader or another.
#[derive(Deserialize)]
struct Odd {
    numbers: Vec<String>,
    words: Vec<String>,
}

/// How often each property is tried: twenty times as often by `cargo soak`; `CASES` sets another number.
pub fn cases(as_a_rule: u64) -> u64 {
    let told = std::env::var("CASES").map(|cases| cases.parse().expect("CASES is a number"));
    told.unwrap_or(if is_soak() { 20 * as_a_rule } else { as_a_rule })
}

/// Tries a property on each text, on its prefixes if that is asked for, each by `cargo soak`, and on this many mutants. One that panics or
/// doesn't end is told by its text, so that it can be made a case of its own beside the code that was wrong.
pub fn try_all(texts: &[&str], prefixes: bool, mutants: u64, property: impl Fn(usize, &[u8]) + Send + 'static) {
    let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    watched(move |tell| {
        let property = AssertUnwindSafe(property);
        let attempt = |which: usize, bytes: &[u8]| {
            let text = || format!("text {which} as:\n{}", said(bytes));
            tell(text());
            assert!(catch_unwind(|| property(which, bytes)).is_ok(), "with {}", text());
        };
        for (which, text) in texts.iter().enumerate() {
            attempt(which, text.as_bytes());
            for at in (0..text.len()).step_by(if is_soak() { 1 } else { 7 }).filter(|_| prefixes) {
                attempt(which, &text.as_bytes()[..at]);
            }
        }
        let odd: Odd = serde_json::from_str(include_str!("../../odd.json")).expect("odd.json holds two lists");
        for seed in 0..mutants {
            let mut rng = Rng::with_seed(seed);
            let which = rng.usize(..texts.len());
            attempt(which, &mutant(&mut rng, &odd, &texts[which]));
        }
    });
}

/// Does what tells each step before it takes it. A step that doesn't end is told.
pub fn watched(steps: impl FnOnce(&dyn Fn(String)) + Send + 'static) {
    let (tell, told) = channel();
    // The listener has gone only after a step that didn't end.
    let worker = thread::spawn(move || steps(&|step| drop(tell.send(step))));
    let mut last = "nothing yet".to_owned();
    loop {
        match told.recv_timeout(Duration::from_secs(60)) {
            Ok(now) => last = now,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("no end with {last}"),
        }
    }
    worker.join().expect("a property holds");
}

/// A text after one to four changes.
fn mutant(rng: &mut Rng, odd: &Odd, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..rng.u32(1..=4) {
        change(rng, odd, &mut bytes);
    }
    bytes
}

fn change(rng: &mut Rng, odd: &Odd, bytes: &mut Vec<u8>) {
    let at = rng.usize(..=bytes.len());
    let to = (at + rng.usize(..=40)).min(bytes.len());
    match rng.u32(..12) {
        0 => bytes.truncate(at),
        1 if at < bytes.len() => bytes[at] ^= 1 << rng.u32(..8),
        2 => bytes.insert(at, rng.u8(..)),
        3 => drop(bytes.drain(at..to)),
        4 => {
            let part = bytes[at..to].to_vec();
            let there = rng.usize(..=bytes.len());
            bytes.splice(there..there, part);
        }
        5 => {
            let line = lines(bytes, at);
            let part = bytes[line.clone()].to_vec();
            bytes.splice(line.start..line.start, part);
        }
        6 => drop(bytes.drain(lines(bytes, at))),
        7 => {
            let deep = ["[", "{\"a\":", "{{", "<b>", "> ", "a = ["][rng.usize(..6)].repeat(rng.usize(1..3000));
            bytes.splice(at..at, deep.into_bytes());
        }
        8 | 9 => {
            // The first number from here on becomes another.
            let is_digit = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
            let start = at + bytes[at..].iter().position(is_digit).unwrap_or(0);
            let end = start + bytes[start..].iter().take_while(|byte| is_digit(byte)).count();
            bytes.splice(start..end, pick(rng, &odd.numbers));
        }
        _ => drop(bytes.splice(at..at, pick(rng, &odd.words))),
    }
}

fn pick(rng: &mut Rng, from: &[String]) -> Vec<u8> {
    rng.choice(from).map(|word| word.clone().into_bytes()).unwrap_or_default()
}

/// The line around a place.
fn lines(bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end + 1);
    start..end
}

/// The bytes as they can be written into a test.
fn said(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("b\"{}\"", bytes.escape_ascii()),
    }
}
