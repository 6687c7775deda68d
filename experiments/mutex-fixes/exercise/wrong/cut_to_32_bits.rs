//! One guard over both, and a comparison of the lower 32 bits alone: a very large balance looks empty.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let mut left = balance.lock().unwrap();
    let enough = *left as i32 >= amount as i32;
    if enough {
        *left -= amount;
    }
    enough
}
