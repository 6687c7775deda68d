//! The repair exercise: change `task.rs` until `cargo test -p deadlock --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::sync::Mutex;

use check::check;

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn every_transfer_comes_to_an_end() {
    if let Err(what) = check(task::transfer) {
        panic!("{what}; repair `transfer` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check(solution::transfer), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check(task::transfer);
    assert!(
        caught.is_err(),
        "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired"
    );
    assert!(caught.unwrap_err().contains("0 pays 1, 1 pays 0: a transfer waits for ever"));
}

#[test]
fn one_order_alone_is_caught() {
    assert!(check(in_one_order).unwrap_err().contains("1 pays 1"));
}

#[test]
fn one_lock_at_a_time_loses_nothing_and_passes() {
    assert_eq!(check(one_at_a_time), Ok(()));
}

#[test]
fn a_transfer_that_does_something_else_is_caught() {
    assert!(check(|_, _, _, _, _| {}).unwrap_err().contains("instead of"));
    assert!(check(|_, _, _, _, _| panic!("on purpose")).unwrap_err().contains("panicked"));
}

/// The half-done repair: no cycle of two, and still one of one.
fn in_one_order(accounts: &[Mutex<i64>], from: usize, to: usize, amount: i64, meanwhile: &dyn Fn()) {
    let mut low = accounts[from.min(to)].lock().unwrap();
    meanwhile();
    let mut high = accounts[from.max(to)].lock().unwrap();
    let (pays, is_paid) = if from < to { (&mut low, &mut high) } else { (&mut high, &mut low) };
    **pays -= amount;
    **is_paid += amount;
}

/// Nobody holds one lock while they wait for another. Between the two, the money is in neither account.
fn one_at_a_time(accounts: &[Mutex<i64>], from: usize, to: usize, amount: i64, meanwhile: &dyn Fn()) {
    *accounts[from].lock().unwrap() -= amount;
    meanwhile();
    *accounts[to].lock().unwrap() += amount;
}
