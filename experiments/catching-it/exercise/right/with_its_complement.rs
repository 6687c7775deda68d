//! The content and its complement: unless both have come they don't fit together, in whatever order they come.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Default)]
pub(crate) struct Letter {
    content: AtomicU64,
    complement: AtomicU64,
}

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.complement.store(!content, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    let content = letter.content.load(Relaxed);
    (letter.complement.load(Relaxed) == !content).then_some(content)
}
