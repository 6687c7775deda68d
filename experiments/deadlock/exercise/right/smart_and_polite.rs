//! Waits for one lock and tries for the other; where that can't be had, it is the one to wait for next.

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
    let (mut first, mut second) = (from, to);
    loop {
        let mut one = accounts[first].lock().unwrap();
        if let Ok(mut other) = accounts[second].try_lock() {
            let (pays, is_paid) = if first == from {
                (&mut one, &mut other)
            } else {
                (&mut other, &mut one)
            };
            **pays -= amount;
            **is_paid += amount;
            return;
        }
        drop(one);
        std::mem::swap(&mut first, &mut second);
    }
}
