//! It looks again before it takes, so the balance is never below zero. What it found first is what it says.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let enough = *balance.lock().unwrap() >= amount;
    let mut left = balance.lock().unwrap();
    if enough && *left >= amount {
        *left -= amount;
    }
    enough
}
