//! It looks once more just before it stores. That makes the window smaller, and leaves it open.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    let seen = left.load(Relaxed);
    if seen == 0 || left.load(Relaxed) != seen {
        return left.load(Relaxed) > 0 && sell(left);
    }
    left.store(seen - 1, Relaxed);
    true
}
