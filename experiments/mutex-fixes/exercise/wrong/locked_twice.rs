//! The guard is kept, and the second lock stays where it was: it waits for itself.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let seen = balance.lock().unwrap();
    if *seen >= amount {
        *balance.lock().unwrap() -= amount;
        return true;
    }
    false
}
