//! It tries three times and gives up then: enough for two workers, and not where many come between.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    for _ in 0..3 {
        let seen = left.load(Relaxed);
        if seen == 0 {
            return false;
        }
        if left.compare_exchange(seen, seen - 1, Relaxed, Relaxed).is_ok() {
            return true;
        }
    }
    false
}
