//! The repair exercise: change `task.rs` until `cargo test -p memory-footprint --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use check::{Report, check};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn the_report_says_what_the_pool_costs() {
    if let Err(what) = check(&task::Repairable) {
        panic!("{what}; repair exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check(&solution::Repaired), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check(&task::Repairable).is_err();
    assert!(caught, "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
}

/// A report that reads these fields: of each worker for all together, and of one for what its end gives back.
struct HalfDone(&'static str, &'static str);

impl HalfDone {
    fn kib(text: &str, field: &str) -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }
}

impl Report for HalfDone {
    fn together(&self, workers: &[String]) -> u64 {
        workers.iter().map(|text| Self::kib(text, self.0)).sum()
    }

    fn given_back(&self, worker: &str) -> u64 {
        Self::kib(worker, self.1)
    }
}

#[test]
fn a_share_is_not_what_an_end_gives_back() {
    let said = check(&HalfDone("Pss", "Pss")).unwrap_err();
    assert!(said.contains("share all they have: the end of one gives 0 KiB back"), "{said}");
}

#[test]
fn what_was_read_and_not_changed_counts_too() {
    let said = check(&HalfDone("Pss", "Private_Dirty")).unwrap_err();
    assert!(said.contains("gives 1600 KiB back"), "{said}");
}

#[test]
fn private_pages_alone_are_not_all() {
    let said = check(&HalfDone("Private_Dirty", "Private_Dirty")).unwrap_err();
    assert!(said.contains("together they take"), "{said}");
}

#[test]
fn the_first_of_all_is_not_all() {
    let said = check(&HalfDone("Rss", "Rss")).unwrap_err();
    assert!(said.contains("share all they have: together they take 1600 KiB, and the report says 6400"), "{said}");
}
