//! Selling seats: the repair exercise.
//!
//! `sell` looks whether a seat is left and, if so, takes it. On its own it is right. Two workers sell seats that aren't there:
//! `cargo test -p shared-counter --test exercise -- --ignored` lets them come between each other's steps in every possible way, and tells
//! what comes of it. Repair `sell`, with `left` alone and without a lock.

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

// ANCHOR: sell
/// Sells one of the seats that are left; false if there is none.
pub(crate) fn sell(left: &AtomicU64) -> bool {
    let seen = left.load(Relaxed);
    if seen == 0 {
        return false;
    }
    left.store(seen - 1, Relaxed); // what if another worker came between?
    true
}
// ANCHOR_END: sell
