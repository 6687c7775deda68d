//! The sender releases, and the reader doesn't acquire: nothing keeps its second load behind its first.

use crate::sync::atomic::Ordering::{Relaxed, Release};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, Release);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Relaxed).then(|| letter.content.load(Relaxed))
}
