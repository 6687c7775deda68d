//! Moving money: the repair exercise.
//!
//! `transfer` locks the account that pays, then the account that is paid, and on its own it is right. Two that pay each
//! other deadlock: `cargo test -p deadlock --test exercise -- --ignored` tries all orders, and tells how. Repair `transfer`.
//! Whatever you lock, take `Mutex` from `crate::sync`, in the thread that calls `transfer`: it works as the standard library's, and lets
//! the check say which worker goes on. There may be many accounts, and each payment arrives, also one that overdraws an account.

use crate::sync::Mutex;

// ANCHOR: transfer
/// Moves `amount` from one account to another; both may be the same.
pub(crate) fn transfer(
    accounts: &[Mutex<i64>],
    from: usize,
    to: usize,
    amount: i64,
) {
    let mut pays = accounts[from].lock().unwrap();
    let mut is_paid = accounts[to].lock().unwrap(); // others move money, too
    *pays -= amount;
    *is_paid += amount;
}
// ANCHOR_END: transfer
