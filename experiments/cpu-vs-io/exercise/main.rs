//! The repair exercise: change `task.rs` until `cargo test -p cpu-vs-io --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::sync::{Mutex, PoisonError};
use std::thread;

use check::check;

type Ask<'a> = &'a (dyn Fn(usize) -> u64 + Sync);

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn all_questions_are_asked_before_any_is_answered() {
    if let Err(what) = check(task::ask_all) {
        panic!("{what}; repair `ask_all` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check(solution::ask_all), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check(task::ask_all).is_err();
    assert!(caught, "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
}

#[test]
fn threads_that_are_joined_as_soon_as_they_are_started_are_caught() {
    fn ask_all(questions: usize, ask: Ask<'_>) -> Vec<u64> {
        thread::scope(|scope| {
            // Without `collect`, each is started when it is waited for.
            let asked = (0..questions).map(|question| scope.spawn(move || ask(question)));
            asked.map(|answer| answer.join().unwrap()).collect()
        })
    }
    assert!(check(ask_all).unwrap_err().contains("not all questions were under way at once"));
}

#[test]
fn as_many_threads_as_cpus_are_caught() {
    fn ask_all(questions: usize, ask: Ask<'_>) -> Vec<u64> {
        thread::scope(|scope| {
            let shares: Vec<_> = (0..2)
                .map(|worker| {
                    scope.spawn(move || {
                        (worker * questions / 2..(worker + 1) * questions / 2).map(ask).collect::<Vec<_>>()
                    })
                })
                .collect();
            shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
        })
    }
    assert!(check(ask_all).unwrap_err().contains("not all questions were under way at once"));
}

#[test]
fn answers_in_the_order_in_which_they_come_are_caught() {
    fn ask_all(questions: usize, ask: Ask<'_>) -> Vec<u64> {
        let answers = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for question in (0..questions).rev() {
                let answers = &answers;
                scope.spawn(move || {
                    let answer = ask(question);
                    answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
                });
            }
        });
        // They may have come in order by chance; turned around, they aren't.
        let mut answers = answers.into_inner().unwrap();
        answers.sort_unstable();
        answers.reverse();
        answers
    }
    assert!(check(ask_all).unwrap_err().contains("in the order of the questions"));
}
