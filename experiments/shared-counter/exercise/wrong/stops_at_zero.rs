//! One step that stops at zero, and always succeeds: a seat that wasn't there counts as sold.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    left.fetch_update(Relaxed, Relaxed, |seen| Some(seen.saturating_sub(1))).is_ok()
}
