//! It pays if nothing has changed since it looked, and looks again if something has.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    loop {
        let seen = *balance.lock().unwrap();
        if seen < amount {
            return false;
        }
        let mut left = balance.lock().unwrap();
        if *left == seen {
            *left -= amount;
            return true;
        }
    }
}
