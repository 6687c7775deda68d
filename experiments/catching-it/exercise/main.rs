//! The repair exercise: change `task.rs` until `cargo test -p catching-it --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

/// Where the letter finds its atomics: loom's.
mod sync {
    pub(crate) use loom::sync::atomic;
}

use check::check;

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn who_finds_the_flag_up_finds_the_letter() {
    if let Err(what) = check((task::send, task::read)) {
        panic!("{what}; repair `send` and `read` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check((solution::send, solution::read)), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check((task::send, task::read)).is_err();
    assert!(caught, "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
}

#[test]
fn a_repair_of_one_side_is_caught() {
    assert!(check((solution::send, task::read)).unwrap_err().contains("the flag was up"));
    assert!(check((task::send, solution::read)).unwrap_err().contains("the flag was up"));
}

#[test]
fn a_letter_that_never_comes_is_caught() {
    assert!(check((|_, _| {}, solution::read)).is_err());
    assert!(check((solution::send, |_| None)).is_err());
}
