//! Letter and flag in one atomic number, so that no order is needed. But a letter may be any number, and there is no room for a flag.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The content, and behind it a bit that says that it has come.
#[derive(Default)]
pub(crate) struct Letter(AtomicU64);

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.0.store(content << 1 | 1, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    let both = letter.0.load(Relaxed);
    (both != 0).then_some(both >> 1)
}
