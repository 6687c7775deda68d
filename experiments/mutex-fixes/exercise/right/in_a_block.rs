//! The guard lives in a block of its own.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let is_paid;
    {
        let mut left = balance.lock().unwrap();
        is_paid = amount <= *left;
        *left -= if is_paid { amount } else { 0 };
    }
    is_paid
}
