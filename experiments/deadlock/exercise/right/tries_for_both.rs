//! Never waits for a lock at all: has both, or gives back what it has.

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
    loop {
        let both = (accounts[from].try_lock(), accounts[to].try_lock());
        if let (Ok(mut pays), Ok(mut is_paid)) = both {
            *pays -= amount;
            *is_paid += amount;
            return;
        }
        std::thread::yield_now();
    }
}
