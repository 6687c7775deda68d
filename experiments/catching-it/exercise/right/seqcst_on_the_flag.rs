//! The strongest order on either side of the flag: more than is needed, and right.

use crate::sync::atomic::Ordering::{Relaxed, SeqCst};
use crate::task::Letter;

pub(crate) fn send(letter: &Letter, content: u64) {
    letter.content.store(content, Relaxed);
    letter.has_come.store(true, SeqCst);
}

pub(crate) fn read(letter: &Letter) -> Option<u64> {
    letter.has_come.load(SeqCst).then(|| letter.content.load(Relaxed))
}
