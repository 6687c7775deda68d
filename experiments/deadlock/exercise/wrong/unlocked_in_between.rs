//! Each account is locked to look and locked again to write. Nobody waits for ever, and what others paid between is lost.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    let pays = *accounts[from].lock().unwrap() - amount;
    *accounts[from].lock().unwrap() = pays;
    let is_paid = *accounts[to].lock().unwrap() + amount;
    *accounts[to].lock().unwrap() = is_paid;
}
