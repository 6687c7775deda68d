//! Forgets the guards, so that nobody can come between, now or ever.

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
    **pays -= amount;
    **is_paid += amount;
    std::mem::forget((low, high));
}
