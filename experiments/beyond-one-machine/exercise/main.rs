//! The repair exercise: change `task.rs` until `cargo test -p beyond-one-machine --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::collections::BTreeMap;

use check::{Counts, check};
use timely::dataflow::operators::vec::ToStream;
use timely::dataflow::operators::{Exchange, Inspect};
use timely::worker::Worker;

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn every_word_is_counted_once_however_many_workers_there_are() {
    if let Err(what) = check(task::count) {
        panic!("{what}; repair `count` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check(solution::count), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(task::count)
        .expect_err("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(said.starts_with("2 workers counted"), "{said}");
}

/// Words go to their worker, but only after each has counted its own: some words are told twice.
#[test]
fn exchanging_the_counts_and_adding_nothing_up_is_caught() {
    fn late(worker: &mut Worker, words: Vec<String>, counts: Counts) {
        let mut counted = BTreeMap::new();
        for word in words {
            *counted.entry(word).or_insert(0u64) += 1;
        }
        worker.dataflow::<(), _, _>(|scope| {
            counted
                .into_iter()
                .to_stream(scope)
                .exchange(|(word, _): &(String, u64)| word.len() as u64)
                .inspect(move |told| counts.send(told.clone()).unwrap());
        });
    }
    let said = check(late).unwrap_err();
    assert!(said.starts_with("2 workers counted"), "{said}");
}
