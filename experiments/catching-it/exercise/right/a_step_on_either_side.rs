//! Both sides take one step on a third atomic. Whichever is second knows what stood before the first, so the flag needs no order.

use crate::sync::atomic::{
    AtomicBool, AtomicU64, Ordering::AcqRel, Ordering::Relaxed,
};

#[derive(Default)]
pub(crate) struct Letter {
    content: AtomicU64,
    has_come: AtomicBool,
    steps: AtomicU64,
}

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.steps.fetch_add(1, AcqRel);
    letter.has_come.store(true, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    let has_come = letter.has_come.load(Relaxed);
    letter.steps.fetch_add(1, AcqRel);
    has_come.then(|| letter.content.load(Relaxed))
}
