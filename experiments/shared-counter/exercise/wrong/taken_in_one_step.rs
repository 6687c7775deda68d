//! The store is one step now, so no update is lost. Two workers still see the last seat before either takes it.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    if left.load(Relaxed) == 0 {
        return false;
    }
    left.fetch_sub(1, Relaxed);
    true
}
