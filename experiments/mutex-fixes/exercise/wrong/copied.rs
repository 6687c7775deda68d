//! One lock to read, one to write what was computed meanwhile: whatever came between is overwritten.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let seen = *balance.lock().unwrap();
    if seen < amount {
        return false;
    }
    *balance.lock().unwrap() = seen - amount;
    true
}
