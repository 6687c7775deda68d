//! The reader acquires what nobody has released.

use crate::sync::atomic::Ordering::{Acquire, Relaxed};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Acquire).then(|| letter.content.load(Relaxed))
}
