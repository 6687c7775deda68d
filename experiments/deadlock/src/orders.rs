// Two workers, two locks, and the order in which they take them. `lib.rs` says what a `Lock` and a `Worker` are.

use super::lock::{Exclusive, Lock, Worker};

// ANCHOR: opposite-order
/// Takes two locks, one after the other.
fn take_both<M: Exclusive>(first: &Lock<M>, second: &Lock<M>, worker: &Worker) {
    worker.compute();
    let _first = first.lock(worker);
    worker.compute();
    worker.meet(); // now each holds its first lock
    let _second = second.lock(worker); // and neither gives it back
}

/// Worker 0 takes A, then B. Worker 1 takes B, then A.
pub(crate) fn in_opposite_order<M: Exclusive>(
    a: &Lock<M>,
    b: &Lock<M>,
    worker: &Worker,
) {
    match worker.number {
        0 => take_both(a, b, worker),
        _ => take_both(b, a, worker),
    }
}
// ANCHOR_END: opposite-order

// ANCHOR: one-order
/// Both workers take A, then B.
pub(crate) fn in_one_order<M: Exclusive>(
    a: &Lock<M>,
    b: &Lock<M>,
    worker: &Worker,
) {
    let _a = a.lock(worker);
    worker.let_others_come();
    let _b = b.lock(worker);
}
// ANCHOR_END: one-order
