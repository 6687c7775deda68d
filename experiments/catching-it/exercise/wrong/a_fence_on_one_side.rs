//! A fence before the flag is raised, and none where it is looked at.

use crate::sync::atomic::{Ordering::Relaxed, Ordering::Release, fence};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    fence(Release);
    letter.has_come.store(true, Relaxed);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(Relaxed).then(|| letter.content.load(Relaxed))
}
