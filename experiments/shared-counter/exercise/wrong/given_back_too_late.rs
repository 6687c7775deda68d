//! It takes first, and gives back what wasn't there. Before it does, the count is the largest number there is, and anybody else sees seats.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    if left.fetch_sub(1, Relaxed) == 0 {
        left.fetch_add(1, Relaxed);
        return false;
    }
    true
}
