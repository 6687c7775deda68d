//! One lock around all, but not one for all: each payer has its own, so two that pay each other pass two gates.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    static GATES: [Mutex<()>; 3] = [const { Mutex::new(()) }; 3];
    if from == to {
        return;
    }
    let _gate = GATES[from].lock().unwrap();
    let mut pays = accounts[from].lock().unwrap();
    let mut is_paid = accounts[to].lock().unwrap();
    *pays -= amount;
    *is_paid += amount;
}
