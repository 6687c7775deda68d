//! The repair exercise: change `task.rs` until `cargo test -p interleavings --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solutions, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use check::check;
use interleavings::{Program, Step};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn every_interleaving_ends_with_both_sums_right() {
    if let Err(what) = check(&task::program()) {
        panic!("{what}; repair `program` in exercise/task.rs");
    }
}

#[test]
fn the_solutions_pass() {
    assert_eq!(check(&solution::program()), Ok(()));
    assert_eq!(check(&solution::program_in_one_order()), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(&task::program()).err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(said.contains("A waits for the lock b, which B holds; B waits for the lock a, which A holds"), "{said}");
    let way = "the way there: A lock a, A load x, A add 1, A store x, B lock b, B load y, B add 1, B store y";
    assert!(said.ends_with(way), "{said}");
}

/// The program without the locks that these are not.
fn with_locks(kept: impl Fn(usize, char) -> bool) -> Program {
    let mut program = task::program();
    for (worker, steps) in program.workers.iter_mut().enumerate() {
        steps.retain(|step| match step {
            Step::Lock(lock) | Step::Unlock(lock) => kept(worker, *lock),
            _ => true,
        });
    }
    program
}

#[test]
fn half_done_repairs_are_caught() {
    let without_inner_locks = with_locks(|worker, lock| lock == ['a', 'b'][worker]);
    assert!(check(&without_inner_locks).unwrap_err().contains("x ends at 1"));
    assert!(check(&with_locks(|_, _| false)).unwrap_err().contains("ends at 1"));
    let one_lock_too_few = with_locks(|_, lock| lock == 'a');
    assert!(check(&one_lock_too_few).unwrap_err().contains("and y at 1"));
    let mut kept_for_ever = solution::program();
    kept_for_ever.workers[0].pop();
    assert!(check(&kept_for_ever).unwrap_err().contains("B waits for the lock b, which A holds"));
}

#[test]
fn another_program_is_no_repair() {
    let mut program = task::program();
    program.workers[1] = program.workers[0].clone();
    assert!(check(&program).unwrap_err().contains("put them back"));
    program.workers.pop();
    assert!(check(&program).unwrap_err().contains("put them back"));
}
