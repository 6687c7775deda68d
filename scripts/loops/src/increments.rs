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
        let_others_come(turn); // the others go on counting here
        counter.store(seen + 1, Relaxed); // and this takes back what they counted
    }
}
// ANCHOR_END: load-then-store

// ANCHOR: fetch-add
/// Adds one, `times` times, in one step.
pub fn fetch_add(counter: &AtomicU64, times: u64, let_others_come: impl Fn(u64)) {
    for turn in 0..times {
        let_others_come(turn);
        counter.fetch_add(1, Relaxed); // nobody comes between
    }
}
// ANCHOR_END: fetch-add
