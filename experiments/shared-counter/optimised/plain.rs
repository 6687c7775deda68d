//! A loop that adds one to a plain number, and a loop that adds one to an atomic
//! number. What does the optimiser make of each?

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// `&mut` promises that no other thread looks while this runs, so the steps on the
/// way need not happen.
#[unsafe(no_mangle)]
pub fn add_plain(counter: &mut u64, times: u64) {
    for _ in 0..times {
        *counter += 1;
    }
}

/// Other threads may look at an atomic number at any time.
#[unsafe(no_mangle)]
pub fn add_atomic(counter: &AtomicU64, times: u64) {
    for _ in 0..times {
        counter.fetch_add(1, Relaxed);
    }
}
