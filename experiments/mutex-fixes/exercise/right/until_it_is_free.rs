//! It doesn't wait for the lock, and tries until it is free.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let mut left = loop {
        match balance.try_lock() {
            Ok(guard) => break guard,
            Err(_) => std::thread::yield_now(),
        }
    };
    let enough = *left >= amount;
    if enough {
        *left -= amount;
    }
    enough
}
