//! One guard, given back between the check and the act, so that nobody waits long.

use crate::sync::Mutex;

pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let guard = balance.lock().unwrap();
    let enough = *guard >= amount;
    drop(guard);
    if enough {
        *balance.lock().unwrap() -= amount;
    }
    enough
}
