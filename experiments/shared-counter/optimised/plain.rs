//! What the optimiser makes of a loop that adds one: to a plain number, and to an
//! atomic one.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// `&mut` promises that nobody else looks meanwhile, so the steps between need not
/// happen.
#[unsafe(no_mangle)]
pub fn add_plain(counter: &mut u64, times: u64) {
    for _ in 0..times {
        *counter += 1;
    }
}

/// Others may look at an atomic number at any time.
#[unsafe(no_mangle)]
pub fn add_atomic(counter: &AtomicU64, times: u64) {
    for _ in 0..times {
        counter.fetch_add(1, Relaxed);
    }
}
