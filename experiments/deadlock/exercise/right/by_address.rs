//! One order for all: the account at the lower address first. Accounts don't move while they are locked.

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
    let address = |account: usize| std::ptr::from_ref(&accounts[account]).addr();
    let (first, second) =
        if address(from) < address(to) { (from, to) } else { (to, from) };
    let mut a = accounts[first].lock().unwrap();
    let mut b = accounts[second].lock().unwrap();
    let (pays, is_paid) =
        if first == from { (&mut a, &mut b) } else { (&mut b, &mut a) };
    **pays -= amount;
    **is_paid += amount;
}
