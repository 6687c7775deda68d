//! A fence on either side, but the reader's stands before it looks at the flag: then it has seen nothing to be ordered after.

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
    fence(Acquire);
    letter.has_come.load(Relaxed).then(|| letter.content.load(Relaxed))
}
