//! It takes first, and gives back what wasn't there. As a signed number the count is below zero meanwhile, never above.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    if left.fetch_sub(1, Relaxed) as i64 > 0 {
        return true;
    }
    left.fetch_add(1, Relaxed);
    false
}
