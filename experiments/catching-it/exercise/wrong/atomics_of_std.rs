//! The content is in an atomic of std's. loom runs one thread at a time and doesn't know of it, so it always is where it should be.

use std::sync::atomic::AtomicU64;

use crate::sync::atomic::{AtomicBool, Ordering::Relaxed};

#[derive(Default)]
pub(crate) struct Letter {
    content: AtomicU64,
    has_come: AtomicBool,
}

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Relaxed).then(|| letter.content.load(Relaxed))
}
