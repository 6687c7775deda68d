//! It takes first and gives back what wasn't there. Meanwhile another worker is refused what is there.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let left = {
        let mut balance = balance.lock().unwrap();
        *balance -= amount;
        *balance
    };
    if left < 0 {
        *balance.lock().unwrap() += amount;
    }
    left >= 0
}
