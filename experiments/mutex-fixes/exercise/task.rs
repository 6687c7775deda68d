//! Withdrawing coins: the repair exercise.
//!
//! `withdraw` looks whether there is enough and, if so, takes it. The balance is behind a mutex, and every access locks
//! it. Still, two workers are paid coins that aren't there: `cargo test -p mutex-fixes --test exercise -- --ignored` lets them come
//! between each other's steps in every possible way, and tells what comes of it. Repair `withdraw`.

use crate::sync::Mutex;

// ANCHOR: withdraw
/// Takes an amount out; false if there is less than that.
pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let enough = *balance.lock().unwrap() >= amount;
    if enough {
        *balance.lock().unwrap() -= amount; // what if another worker came between?
    }
    enough
}
// ANCHOR_END: withdraw
