//! A solution of the exercise. Try your own before you read this.
//!
//! One order for all: the account with the lower number first, whichever account pays. That alone still leaves the shortest
//! cycle, of one: an account that pays itself would be locked twice.

use crate::sync::Mutex;

// ANCHOR: solution
/// Moves `amount` from one account to another; both may be the same.
pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    if from == to {
        return; // nothing moves, and a lock must not be taken twice
    }
    let mut low = accounts[from.min(to)].lock().unwrap();
    let mut high = accounts[from.max(to)].lock().unwrap();
    let (pays, is_paid) =
        if from < to { (&mut low, &mut high) } else { (&mut high, &mut low) };
    **pays -= amount;
    **is_paid += amount;
}
// ANCHOR_END: solution
