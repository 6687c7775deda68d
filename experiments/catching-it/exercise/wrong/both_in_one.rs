//! Letter and flag in one atomic number: whoever sees the flag has the letter in hand, in whatever order.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Twice the content and one; 0 as long as there is none.
#[derive(Default)]
pub(crate) struct Letter(AtomicU64);

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.0.store(2 * content + 1, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    let both = letter.0.load(Relaxed);
    (both != 0).then_some(both / 2)
}
