//! Somebody came between, so it says that there is no seat. There may be.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    let seen = left.load(Relaxed);
    seen > 0 && left.compare_exchange(seen, seen - 1, Relaxed, Relaxed).is_ok()
}
