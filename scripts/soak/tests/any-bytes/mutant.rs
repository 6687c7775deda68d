//! Makes bad text of good text, always the same by its number.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use fastrand::Rng;

/// Numbers that are hard on whoever computes with them.
const NUMBERS: &[&str] = &[
    "NaN",
    "nan",
    "inf",
    "-inf",
    "null",
    "-1",
    "-0.0",
    "0",
    "0.0",
    "1e999",
    "-1e999",
    "1e308",
    "-1e308",
    "1.7976931348623157e308",
    "5e-324",
    "1e-300",
    "1e15",
    "9007199254740993",
    "18446744073709551616",
    "99999999999999999999999999",
    "0.30000000000000004",
    "1_000",
    "0x10",
    "\"1\"",
    "[1]",
    "{}",
    "true",
];

/// Text that means something to one reader or another.
const WORDS: &[&str] = &[
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "{{",
    "}}",
    "{{#",
    "{{#value ",
    "}}}}",
    ":",
    "/",
    "//",
    ",",
    "=",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "\0",
    "\u{1b}[31m",
    "\u{feff}",
    "\u{202e}",
    "é",
    "🦀",
    "<",
    "<!--",
    "-->",
    "</",
    "<div>",
    "<script>",
    "<style>",
    "<svg",
    "]]>",
    "&#x0;",
    "&nbsp;",
    "`",
    "```",
    "$",
    "%",
    "%zz",
    "#",
    "[[",
    "]]",
    "[[chart]]\n",
    "|",
    "- ",
    "..",
    "../",
    "sample:",
    "time/slow/2",
    "5 ms",
    "schema",
    "ANCHOR: x",
    "∞",
    "\"\"\"",
    "'''",
    "# ",
    "\\u0000",
    "\\ud800",
    "![",
    "](",
    "[^a]",
    "[^a]: ",
];

/// How often each property is tried; `CASES` sets another number.
pub fn cases(unless_told: u64) -> u64 {
    std::env::var("CASES").map_or(unless_told, |cases| cases.parse().expect("CASES is a number"))
}

/// Tries a property on each text, on every prefix of it if that is asked for, and on so many mutants. One that panics or
/// doesn't end is told by its text, so that it can be made a case of its own beside the code that was wrong.
pub fn try_all(texts: &[&str], prefixes: bool, mutants: u64, property: impl Fn(usize, &[u8]) + Send + 'static) {
    let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    let (tell, told) = channel();
    let worker = thread::spawn(move || {
        let property = AssertUnwindSafe(property);
        let attempt = |which: usize, bytes: &[u8]| {
            let _ = tell.send((which, bytes.to_vec()));
            let outcome = catch_unwind(|| property(which, bytes));
            assert!(outcome.is_ok(), "with text {which} as:\n{}", said(bytes));
        };
        for (which, text) in texts.iter().enumerate() {
            attempt(which, text.as_bytes());
            for at in (0..text.len()).filter(|_| prefixes) {
                attempt(which, &text.as_bytes()[..at]);
            }
        }
        for seed in 0..mutants {
            let mut rng = Rng::with_seed(seed);
            let which = rng.usize(..texts.len());
            attempt(which, &mutant(&mut rng, &texts[which]));
        }
    });
    let mut last = (0, Vec::new());
    loop {
        match told.recv_timeout(Duration::from_secs(60)) {
            Ok(now) => last = now,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                panic!("no end with text {} as:\n{}", last.0, said(&last.1))
            }
        }
    }
    worker.join().expect("a property holds");
}

/// A text after one to four changes.
fn mutant(rng: &mut Rng, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..rng.u32(1..=4) {
        change(rng, &mut bytes);
    }
    bytes
}

fn change(rng: &mut Rng, bytes: &mut Vec<u8>) {
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
            bytes.splice(start..end, rng.choice(NUMBERS).copied().unwrap_or_default().bytes());
        }
        _ => drop(bytes.splice(at..at, rng.choice(WORDS).copied().unwrap_or_default().bytes())),
    }
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
