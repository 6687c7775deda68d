// What a worker does: the two ways to add one. `lib.rs` says what `sync` is.

use super::sync::atomic::{AtomicU64, Ordering::Relaxed};

// ANCHOR: load-then-store
/// Adds one, `times` times, in two steps.
pub fn load_then_store(
    counter: &AtomicU64,
    times: u64,
    let_others_come: impl Fn(u64),
) {
    for turn in 0..times {
        let seen = counter.load(Relaxed);
        // Other workers go on counting here,
        let_others_come(turn);
        // and this store overwrites their counts.
        counter.store(seen + 1, Relaxed);
    }
}
// ANCHOR_END: load-then-store

// ANCHOR: fetch-add
/// Adds one, `times` times, in one step.
pub fn fetch_add(
    counter: &AtomicU64,
    times: u64,
    let_others_come: impl Fn(u64),
) {
    for turn in 0..times {
        let_others_come(turn);
        // No other worker comes between.
        counter.fetch_add(1, Relaxed);
    }
}
// ANCHOR_END: fetch-add
