//! Release and acquire, on the wrong variable: a thread that sees the flag up needn't see the store to the content.

use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Release);
    letter.has_come.store(true, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Relaxed).then(|| letter.content.load(Acquire))
}
