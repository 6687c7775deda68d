//! No letter, no error.

use crate::sync::atomic::Ordering::{Acquire, Relaxed};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    let _ = (letter, content);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Acquire).then(|| letter.content.load(Relaxed))
}
