//! The guard is forgotten, so that nobody comes between any more, and so the lock is never free again.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let mut left = balance.lock().unwrap();
    let enough = *left >= amount;
    if enough {
        *left -= amount;
    }
    std::mem::forget(left);
    enough
}
