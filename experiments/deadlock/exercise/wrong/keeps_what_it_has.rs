//! Tries again and again for the second lock, and keeps the first meanwhile: that is waiting, only louder.

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
    let mut pays = accounts[from].lock().unwrap();
    loop {
        if let Ok(mut is_paid) = accounts[to].try_lock() {
            *pays -= amount;
            *is_paid += amount;
            return;
        }
        std::thread::yield_now();
    }
}
