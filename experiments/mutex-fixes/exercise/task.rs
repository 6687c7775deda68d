//! Withdrawing coins: the repair exercise.
//!
//! `withdraw` looks whether there is enough and, if so, takes it. The balance is behind a mutex, and every access locks
//! it. Still, several workers are paid coins that aren't there: `cargo test -p mutex-fixes --test exercise` tells how
//! many. Repair `withdraw`, and leave the yield where it is: it stands for whatever may come between two steps.

use std::sync::Mutex;
use std::thread;

// ANCHOR: withdraw
/// Takes an amount out; false if there is less than that.
pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64) -> bool {
    let enough = *balance.lock().unwrap() >= amount;
    thread::yield_now(); // the others go on withdrawing here
    if enough {
        *balance.lock().unwrap() -= amount;
    }
    enough
}
// ANCHOR_END: withdraw
