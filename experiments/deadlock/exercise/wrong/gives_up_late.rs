//! The same, after a thousand attempts: on a busy day that happens too.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    if from == to {
        return;
    }
    for _ in 0..1000 {
        let mut pays = accounts[from].lock().unwrap();
        if let Ok(mut is_paid) = accounts[to].try_lock() {
            *pays -= amount;
            *is_paid += amount;
            return;
        }
    }
}
