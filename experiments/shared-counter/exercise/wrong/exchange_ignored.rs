//! A compare-exchange that nobody asks whether it worked.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    let seen = left.load(Relaxed);
    if seen == 0 {
        return false;
    }
    let _ = left.compare_exchange(seen, seen - 1, Relaxed, Relaxed);
    true
}
