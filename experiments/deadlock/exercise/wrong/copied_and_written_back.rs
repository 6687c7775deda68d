//! Both locks are given back with the balances read; what is written later is of the past.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    let balance = |account: usize| *accounts[account].lock().unwrap();
    let (pays, is_paid) = (balance(from), balance(to));
    if from != to {
        *accounts[from].lock().unwrap() = pays - amount;
        *accounts[to].lock().unwrap() = is_paid + amount;
    }
}
