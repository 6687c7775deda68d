//! It pays if nothing has changed meanwhile, tries three times, and gives up then: enough for two workers, and not where many come between.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    for _ in 0..3 {
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
    false
}
