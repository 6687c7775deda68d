//! Four locks for all accounts, in one order; but two accounts may have the same, and it is taken twice.

use crate::sync::Mutex;

pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    static LOCKS: [Mutex<()>; 4] = [const { Mutex::new(()) }; 4];
    if from == to {
        return;
    }
    let (one, other) = (from % 4, to % 4);
    let _low = LOCKS[one.min(other)].lock().unwrap();
    let _high = LOCKS[one.max(other)].lock().unwrap();
    let mut pays = accounts[from].lock().unwrap();
    let mut is_paid = accounts[to].lock().unwrap();
    *pays -= amount;
    *is_paid += amount;
}
