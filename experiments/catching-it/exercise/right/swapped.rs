//! The flag is raised by a step that releases.

use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.swap(true, AcqRel);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Acquire).then(|| letter.content.load(Relaxed))
}
