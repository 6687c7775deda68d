//! Selling seats: the repair exercise.
//!
//! `sell` looks whether a seat is left and, if so, takes it. On its own it is right. With several workers it sells seats
//! that aren't there: `cargo test -p shared-counter --test exercise -- --ignored` tells how many. Repair `sell`, and leave the yield
//! where it is: it stands for whatever may come between two steps.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

// ANCHOR: sell
/// Sells one of the seats that are left; false if there is none.
pub(crate) fn sell(left: &AtomicU64) -> bool {
    let seen = left.load(Relaxed);
    if seen == 0 {
        return false;
    }
    thread::yield_now(); // the others go on selling here
    left.store(seen - 1, Relaxed);
    true
}
// ANCHOR_END: sell
