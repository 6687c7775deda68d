//! Fences for the compiler: it keeps the order now, and the CPU need not.

use crate::sync::atomic::{Ordering::Relaxed, Ordering::SeqCst, compiler_fence};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    compiler_fence(SeqCst);
    letter.has_come.store(true, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    let has_come = letter.has_come.load(Relaxed);
    compiler_fence(SeqCst);
    has_come.then(|| letter.content.load(Relaxed))
}
