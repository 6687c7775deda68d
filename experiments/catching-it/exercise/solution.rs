//! The repaired letter.

use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::task::Letter;

// ANCHOR: solution
/// Writes the letter, then raises the flag. A reader that sees the raised flag by
/// an acquiring load sees the letter too.
pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, Release); // shows all that was stored before
}

/// The letter's content, if it has come.
pub(crate) fn read(letter: &Letter) -> Option<u64> {
    // Every load after this one sees what the sender wrote.
    let has_come = letter.has_come.load(Acquire);
    has_come.then(|| letter.content.load(Relaxed))
}
// ANCHOR_END: solution
