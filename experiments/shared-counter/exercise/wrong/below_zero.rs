//! It takes first and looks then, and gives nothing back: once sold out, the count wraps to the largest number there is.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    left.fetch_sub(1, Relaxed) > 0
}
