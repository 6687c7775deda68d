//! Where the lock is held it doesn't wait: it says that there isn't enough.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let Ok(mut left) = balance.try_lock() else { return false };
    let enough = *left >= amount;
    if enough {
        *left -= amount;
    }
    enough
}
