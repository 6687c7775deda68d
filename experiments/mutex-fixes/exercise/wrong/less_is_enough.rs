//! One guard over both, and a comparison that leaves the last coins to nobody.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let mut left = balance.lock().unwrap();
    let enough = *left > amount;
    if enough {
        *left -= amount;
    }
    enough
}
