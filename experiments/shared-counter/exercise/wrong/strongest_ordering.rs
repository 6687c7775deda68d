//! The strongest ordering orders the steps of several variables. It makes no step of two.

use crate::sync::atomic::{AtomicU64, Ordering::SeqCst};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    let seen = left.load(SeqCst);
    if seen == 0 {
        return false;
    }
    left.store(seen - 1, SeqCst);
    true
}
