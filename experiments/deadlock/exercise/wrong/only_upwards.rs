//! Pays only those with a higher number, for which the order is right.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    if from < to {
        let mut pays = accounts[from].lock().unwrap();
        let mut is_paid = accounts[to].lock().unwrap();
        *pays -= amount;
        *is_paid += amount;
    }
}
