//! Waits until the letter has come: the reader has other things to do, and looks whether there is one.

use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, Release);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    while !letter.has_come.load(Acquire) {
        std::hint::spin_loop();
    }
    Some(letter.content.load(Relaxed))
}
