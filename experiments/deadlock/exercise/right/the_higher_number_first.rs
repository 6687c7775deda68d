//! The other order is as good, if all keep to it. An account that pays itself takes one lock.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    let mut high = accounts[from.max(to)].lock().unwrap();
    if from != to {
        let mut low = accounts[from.min(to)].lock().unwrap();
        let (pays, is_paid) =
            if from < to { (&mut low, &mut high) } else { (&mut high, &mut low) };
        **pays -= amount;
        **is_paid += amount;
    }
}
