//! Turned round: the account that is paid comes first. Two accounts that pay each other still begin at opposite ends.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    let mut is_paid = accounts[to].lock().unwrap();
    let mut pays = accounts[from].lock().unwrap();
    *pays -= amount;
    *is_paid += amount;
}
