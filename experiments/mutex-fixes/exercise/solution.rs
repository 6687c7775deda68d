//! A solution of the exercise. Try your own before you read this.
//!
//! Each access is guarded, and the pair isn't: the first guard ends with its statement, so the lock is free between the
//! check and the act. One guard must be held over both.

use crate::sync::Mutex;

// ANCHOR: solution
/// Takes an amount out; false if there is less than that.
pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let mut balance = balance.lock().unwrap(); // from here
    let enough = *balance >= amount;
    if enough {
        *balance -= amount;
    }
    enough
} // to here
// ANCHOR_END: solution
