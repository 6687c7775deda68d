//! Moving money: the repair exercise.
//!
//! `transfer` locks the account that pays, then the account that is paid, and on its own it is right. Two that pay each
//! other deadlock: `cargo test -p deadlock --test exercise -- --ignored` tells when. Repair `transfer`. Leave the call of `meanwhile`
//! where the first lock is held: it stands for whatever may come between two locks.

use std::sync::Mutex;

// ANCHOR: transfer
/// Moves `amount` from one account to another; both may be the same.
pub(crate) fn transfer(accounts: &[Mutex<i64>], from: usize, to: usize, amount: i64, meanwhile: &dyn Fn()) {
    let mut pays = accounts[from].lock().unwrap();
    meanwhile(); // the others move money here
    let mut is_paid = accounts[to].lock().unwrap();
    *pays -= amount;
    *is_paid += amount;
}
// ANCHOR_END: transfer
