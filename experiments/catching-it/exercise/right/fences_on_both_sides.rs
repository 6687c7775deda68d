//! A fence before the flag is raised, and one after it was seen.

use crate::sync::atomic::{
    Ordering::Acquire, Ordering::Relaxed, Ordering::Release, fence,
};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    fence(Release);
    letter.has_come.store(true, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    let has_come = letter.has_come.load(Relaxed);
    fence(Acquire);
    has_come.then(|| letter.content.load(Relaxed))
}
