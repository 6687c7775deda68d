//! It takes first, and looks at the lower 32 bits alone: where there are very many seats, there seem to be none.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub(crate) fn sell(left: &AtomicU64) -> bool {
    if left.fetch_sub(1, Relaxed) as i32 > 0 {
        return true;
    }
    left.fetch_add(1, Relaxed);
    false
}
