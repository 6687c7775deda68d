//! One order, and nothing is paid by an account that hasn't enough: the payment is lost, and nobody is told.

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
    let mut low = accounts[from.min(to)].lock().unwrap();
    let mut high = accounts[from.max(to)].lock().unwrap();
    let (pays, is_paid) =
        if from < to { (&mut low, &mut high) } else { (&mut high, &mut low) };
    if **pays >= amount {
        **pays -= amount;
        **is_paid += amount;
    }
}
