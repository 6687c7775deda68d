//! A solution of the exercise. Try your own before you read this.
//!
//! The check and the act must be one step. Replacing the store alone, by `left.fetch_sub(1, Relaxed)`, isn't enough: no
//! update is lost then, but two workers can both see the last seat before either takes it. Both take it, and the count
//! goes below zero, which for a `u64` is its largest value: now there seem to be seats for ever.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

// ANCHOR: solution
/// Sells one of the seats that are left; false if there is none.
pub(crate) fn sell(left: &AtomicU64) -> bool {
    let mut seen = left.load(Relaxed);
    while seen > 0 {
        match left.compare_exchange_weak(seen, seen - 1, Relaxed, Relaxed) {
            // `left` was still what we had seen, and is one less now.
            Ok(_) => return true,
            // Another worker came between: look again before you sell.
            Err(now) => seen = now,
        }
    }
    false
}

/// The same, with the standard library's name for that loop.
pub(crate) fn sell_in_one_line(left: &AtomicU64) -> bool {
    left.try_update(Relaxed, Relaxed, |seen| seen.checked_sub(1)).is_ok()
}
// ANCHOR_END: solution
