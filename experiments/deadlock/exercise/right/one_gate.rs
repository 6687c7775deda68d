//! One lock for all transfers, taken first: the thread that has it is alone.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    static GATE: Mutex<()> = Mutex::new(());
    if from != to {
        let _gate = GATE.lock().unwrap();
        let mut pays = accounts[from].lock().unwrap();
        let mut is_paid = accounts[to].lock().unwrap();
        *pays -= amount;
        *is_paid += amount;
    }
}
