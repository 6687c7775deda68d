//! The right orders, and the flag is raised before the letter is written.

use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.has_come.store(true, Release);
    letter.content.store(content, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Acquire).then(|| letter.content.load(Relaxed))
}
