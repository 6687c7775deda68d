//! Reading lowers the flag again: the letter can be read once.

use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, Release);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.swap(false, Acquire).then(|| letter.content.load(Relaxed))
}
