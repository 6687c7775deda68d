//! One step that stops at zero, and what was there before it tells whether a seat was.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    left.update(Relaxed, Relaxed, |seen| seen.saturating_sub(1)) > 0
}
