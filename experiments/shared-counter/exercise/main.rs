//! The repair exercise: change `task.rs` until `cargo test -p shared-counter --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and a half-done repair.

mod check;
mod solution;
mod task;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use check::check;

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn each_seat_is_sold_once() {
    if let Err(what) = check(task::sell) {
        panic!("{what}; repair `sell` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check(solution::sell), Ok(()));
    assert_eq!(check(solution::sell_in_one_line), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check(task::sell).is_err();
    assert!(caught, "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
}

#[test]
fn a_repair_of_the_store_alone_is_caught() {
    assert!(check(with_fetch_sub).is_err());
}

#[test]
fn a_sell_that_always_says_the_same_is_caught() {
    assert!(check(|_| true).unwrap_err().contains("tickets"));
    assert!(check(|_| false).unwrap_err().contains("sold 0 tickets"));
    assert!(check(|_| panic!("on purpose")).unwrap_err().contains("panicked"));
}

/// The half-done repair: no update is lost, and the last seat is still sold to everybody who saw it.
fn with_fetch_sub(left: &AtomicU64) -> bool {
    if left.load(Relaxed) == 0 {
        return false;
    }
    thread::yield_now();
    left.fetch_sub(1, Relaxed);
    true
}
