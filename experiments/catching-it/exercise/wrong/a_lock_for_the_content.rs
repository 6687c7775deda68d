//! The content is behind a lock: it is right, and a reader waits for a sender that was stopped while it has the lock.

use std::sync::Mutex;

use crate::sync::atomic::{AtomicBool, Ordering::Acquire, Ordering::Release};

#[derive(Default)]
pub(crate) struct Letter {
    content: Mutex<u64>,
    has_come: AtomicBool,
}

pub(crate) fn send(letter: &Letter, content: u64) {
    *letter.content.lock().unwrap() = content;
    letter.has_come.store(true, Release);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Acquire).then(|| *letter.content.lock().unwrap())
}
