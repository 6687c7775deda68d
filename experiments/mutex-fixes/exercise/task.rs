//! Withdrawing coins: the repair exercise.
//!
//! `withdraw` looks whether there is enough and, if so, takes it. The balance is behind a mutex, and every access locks
//! it. Still, several workers are paid coins that aren't there: `cargo test -p mutex-fixes --test exercise -- --ignored` tells how
//! many. Repair `withdraw`, and leave `meanwhile()` where it is: it stands for whatever may come between two steps.

use std::sync::Mutex;

// ANCHOR: withdraw
/// Takes an amount out; false if there is less than that.
pub(crate) fn withdraw(balance: &Mutex<i64>, amount: i64, meanwhile: &dyn Fn()) -> bool {
    let enough = *balance.lock().unwrap() >= amount;
    meanwhile(); // the others go on withdrawing here
    if enough {
        *balance.lock().unwrap() -= amount;
    }
    enough
}
// ANCHOR_END: withdraw
