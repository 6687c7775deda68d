//! An order that changes: the account with less money first. Two that look at different moments see different orders.

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
    let has = |account: usize| *accounts[account].lock().unwrap();
    let (first, second) =
        if has(from) <= has(to) { (from, to) } else { (to, from) };
    let mut a = accounts[first].lock().unwrap();
    let mut b = accounts[second].lock().unwrap();
    let (pays, is_paid) =
        if first == from { (&mut a, &mut b) } else { (&mut b, &mut a) };
    **pays -= amount;
    **is_paid += amount;
}
