//! The repair exercise: change `task.rs` until `cargo test -p mutex-fixes --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::sync::Mutex;
use std::time::Duration;

use check::{check, check_within};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn nobody_is_paid_what_is_not_there() {
    if let Err(what) = check(task::withdraw) {
        panic!("{what}; repair `withdraw` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check(solution::withdraw), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    // In the first round, in which nothing depends on who gets a core when.
    let caught = check(task::withdraw);
    let all_were_paid = "round 1: there were 100 coins, and 4 workers were paid 120";
    assert_eq!(
        caught,
        Err(all_were_paid.to_owned()),
        "this test expects exercise/task.rs unrepaired; where the left side is Ok, it is repaired"
    );
}

#[test]
fn a_repair_that_locks_twice_at_once_is_caught() {
    assert!(check_within(Duration::from_secs(1), waits_for_itself).unwrap_err().contains("did not return"));
}

#[test]
fn a_repair_that_looks_again_and_says_yes_all_the_same_is_caught() {
    assert!(check(pays_without_taking).unwrap_err().contains("were paid"));
}

#[test]
fn a_withdraw_that_always_says_the_same_is_caught() {
    assert!(check(|_, _, _| true).unwrap_err().contains("were paid"));
    assert!(check(|_, _, _| false).unwrap_err().contains("were paid 0"));
    assert!(check(|_, _, _| panic!("on purpose")).unwrap_err().contains("panicked"));
}

/// The half-done repair: the guard is kept, and the second lock stays where it was.
fn waits_for_itself(balance: &Mutex<i64>, amount: i64, meanwhile: &dyn Fn()) -> bool {
    let seen = balance.lock().unwrap();
    meanwhile();
    if *seen >= amount {
        *balance.lock().unwrap() -= amount;
        return true;
    }
    false
}

/// The other one: the balance is never below zero, and people are paid what isn't there.
fn pays_without_taking(balance: &Mutex<i64>, amount: i64, meanwhile: &dyn Fn()) -> bool {
    let enough = *balance.lock().unwrap() >= amount;
    meanwhile();
    let mut left = balance.lock().unwrap();
    if enough && *left >= amount {
        *left -= amount;
    }
    enough
}
