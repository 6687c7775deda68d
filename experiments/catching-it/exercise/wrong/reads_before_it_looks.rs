//! The right orders, and the content is read before the flag.

use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, Release);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    let content = letter.content.load(Relaxed);
    letter.has_come.load(Acquire).then_some(content)
}
