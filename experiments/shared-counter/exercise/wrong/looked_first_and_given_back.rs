//! It looks, takes, and gives back what wasn't there. Two workers that saw the last seat take the count below zero for a moment, and for a third there
//! are seats then.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    if left.load(Relaxed) == 0 {
        return false;
    }
    if left.fetch_sub(1, Relaxed) == 0 {
        left.fetch_add(1, Relaxed);
        return false;
    }
    true
}
