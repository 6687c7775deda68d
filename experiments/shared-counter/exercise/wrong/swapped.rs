//! The store gives back what was there, but what it writes comes from an older look.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    let seen = left.load(Relaxed);
    seen > 0 && left.swap(seen - 1, Relaxed) > 0
}
