// How the workers are made to meet. `lib.rs` says what a `Worker` is, and how it yields.

use super::{Worker, yield_now};

// ANCHOR: let-others-come
/// Makes sure that the workers meet, on any number of cores and however busy the
/// cores are.
///
/// At the first turn each worker waits for all others. If an addition takes two
/// steps, all have then loaded the same 0, and only one first addition can count.
/// At every thousandth of the first 100,000 turns a worker offers its core to
/// another worker. The later turns run freely.
pub(crate) fn let_others_come(worker: &Worker, turn: u64) {
    if turn < 100_000 {
        meet_or_yield(worker, turn);
    }
}

/// A function of its own, so that a later turn costs one comparison and no more.
#[cold]
#[inline(never)]
fn meet_or_yield(worker: &Worker, turn: u64) {
    if turn == 0 {
        worker.meet();
    } else if turn.is_multiple_of(1000) {
        yield_now();
    }
}
// ANCHOR_END: let-others-come
