//! One lock for all, taken when the first account is locked already: it is one more thing to wait for.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    static GATE: Mutex<()> = Mutex::new(());
    if from == to {
        return;
    }
    let mut pays = accounts[from].lock().unwrap();
    let _gate = GATE.lock().unwrap();
    let mut is_paid = accounts[to].lock().unwrap();
    *pays -= amount;
    *is_paid += amount;
}
