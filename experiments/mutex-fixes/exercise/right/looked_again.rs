//! It looks again with the lock held, and says what it found then.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    if *balance.lock().unwrap() < amount {
        return false;
    }
    let mut left = balance.lock().unwrap();
    match left.checked_sub(amount).filter(|rest| *rest >= 0) {
        Some(rest) => *left = rest,
        None => return false,
    }
    true
}
