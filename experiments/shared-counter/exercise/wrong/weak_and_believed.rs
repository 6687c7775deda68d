//! Where the count is still what it saw, it believes that a failed exchange means something. A weak one may fail without a cause.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    let mut seen = left.load(Relaxed);
    while seen > 0 {
        match left.compare_exchange_weak(seen, seen - 1, Relaxed, Relaxed) {
            Ok(_) => return true,
            Err(now) if now == seen => return false,
            Err(now) => seen = now,
        }
    }
    false
}
