//! A lock made of an atomic: nobody sees half a letter, and who comes second waits.

use crate::sync::atomic::{
    AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed, Ordering::Release,
};

#[derive(Default)]
pub(crate) struct Letter {
    content: AtomicU64,
    has_come: AtomicBool,
    is_locked: AtomicBool,
}

fn lock(letter: &Letter) {
    while letter.is_locked.swap(true, Acquire) {
        std::hint::spin_loop();
    }
}

pub(crate) fn send(letter: &Letter, content: u64) {
    lock(letter);
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, Relaxed);
    letter.is_locked.store(false, Release);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    lock(letter);
    let content =
        letter.has_come.load(Relaxed).then(|| letter.content.load(Relaxed));
    letter.is_locked.store(false, Release);
    content
}
