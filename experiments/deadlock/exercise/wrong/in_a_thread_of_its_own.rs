//! As before, but in a thread of its own: it waits for ever as well, and so does the thread that joins it.

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
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut pays = accounts[from].lock().unwrap();
            let mut is_paid = accounts[to].lock().unwrap();
            *pays -= amount;
            *is_paid += amount;
        });
    });
}
