//! Handing over a letter: the repair exercise.
//!
//! The sender writes the letter and raises the flag; the reader looks at the flag and, if it is up, reads. On x86-64 this
//! never fails in a run, and it is wrong: `cargo test -p catching-it --test exercise -- --ignored` lets loom find the execution in which
//! the reader finds the flag up and no letter. Repair `send` and `read`, and lock nothing. loom judges what goes through the atomics of
//! `crate::sync`, so use no others, and no `unsafe`.

use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

// ANCHOR: letter
/// A letter of one number, and whether it has come.
#[derive(Default)]
pub(crate) struct Letter {
    pub(crate) content: AtomicU64,
    pub(crate) has_come: AtomicBool,
}

/// Writes the letter, then raises the flag.
pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, Relaxed);
}

/// The letter's content, if the letter has come. This waits for nothing.
pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Relaxed).then(|| letter.content.load(Relaxed))
}
// ANCHOR_END: letter
