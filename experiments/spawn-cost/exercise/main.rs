//! The repair exercise: change `task.rs` until `cargo test -p spawn-cost --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and refuses the task and those that aren't.

mod allocated;
mod check;
mod solution;
mod stopped;
mod task;

mod right {
    pub(crate) mod counted_to_the_end;
    pub(crate) mod dealt_out;
    pub(crate) mod from_a_queue;
    pub(crate) mod in_turns;
}
mod wrong {
    pub(crate) mod a_lock_held_at_work;
    pub(crate) mod a_static_for_all_calls;
    pub(crate) mod a_thread_for_every_few;
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    pub(crate) mod asked_whether_there_is_more;
    pub(crate) mod asks_whether_they_are_done;
    pub(crate) mod by_the_one_that_serves;
    pub(crate) mod by_threads_of_its_own;
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    pub(crate) mod counted_then_looked;
    pub(crate) mod done_once_for_all;
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    pub(crate) mod failed_and_went_on;
    pub(crate) mod leaked;
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    pub(crate) mod looked_then_counted;
    pub(crate) mod nothing_to_do;
    pub(crate) mod one_after_the_other;
    pub(crate) mod one_does_nearly_all;
    pub(crate) mod one_thread_too_many;
    pub(crate) mod pushed_under_a_lock;
    pub(crate) mod the_channel_never_ends;
    pub(crate) mod what_is_left_over;
    pub(crate) mod what_panics_is_left_out;
    pub(crate) mod worker_by_worker;
}

use std::time::Duration;

use check::{check, check_within};
use testing::exercise::{accepts, refuses, some_times};
use testing::is_soak;

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn a_few_threads_do_all_jobs() {
    if let Err(what) = check(task::serve) {
        panic!("{what}; repair `serve` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(task::serve).err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(said.starts_with("40 threads were started"), "{said}");
}

#[test]
fn wrong_answers_are_refused() {
    refuses(
        some_times(),
        &[
            (
                "a_lock_held_at_work",
                "only 1 of 4 threads were at work at once",
                || check(wrong::a_lock_held_at_work::serve),
            ),
            ("a_static_for_all_calls", "if two threads call serve at once", || {
                check(wrong::a_static_for_all_calls::serve)
            }),
            (
                "asks_whether_they_are_done",
                "looks again and again, and doesn't wait",
                || check(wrong::asks_whether_they_are_done::serve),
            ),
            (
                "a_thread_for_every_few",
                "8 threads were started for 40 jobs",
                || check(wrong::a_thread_for_every_few::serve),
            ),
            ("by_the_one_that_serves", "did a job itself", || {
                check(wrong::by_the_one_that_serves::serve)
            }),
            ("by_threads_of_its_own", "hasn't started", || {
                check(wrong::by_threads_of_its_own::serve)
            }),
            ("done_once_for_all", "32 jobs were done, though each of 40", || {
                check(wrong::done_once_for_all::serve)
            }),
            ("leaked", "bytes of memory behind", || check(wrong::leaked::serve)),
            ("nothing_to_do", "serve panicked with 0 jobs to do", || {
                check(wrong::nothing_to_do::serve)
            }),
            (
                "one_after_the_other",
                "only 1 of 4 threads were at work at once",
                || check(wrong::one_after_the_other::serve),
            ),
            (
                "one_does_nearly_all",
                "only 1 of 4 threads were at work at once",
                || check(wrong::one_does_nearly_all::serve),
            ),
            ("one_thread_too_many", "5 threads were started for 43 jobs", || {
                check(wrong::one_thread_too_many::serve)
            }),
            (
                "pushed_under_a_lock",
                "only 1 of 4 threads were at work at once",
                || check(wrong::pushed_under_a_lock::serve),
            ),
            (
                "what_is_left_over",
                "40 jobs were done, though each of 43 jobs must be done once",
                || check(wrong::what_is_left_over::serve),
            ),
            ("what_panics_is_left_out", "as if nothing had happened", || {
                check(wrong::what_panics_is_left_out::serve)
            }),
            ("worker_by_worker", "in the order of the numbers", || {
                check(wrong::worker_by_worker::serve)
            }),
        ],
    );
}

/// A thread is stopped between two of its instructions where that is possible.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn wrong_answers_that_are_right_but_for_a_moment_are_refused() {
    refuses(
        some_times(),
        &[
            (
                "asked_whether_there_is_more",
                "then serve panicked: is what it had seen still so?",
                || check(wrong::asked_whether_there_is_more::serve),
            ),
            (
                "counted_then_looked",
                "a worker was stopped between two jobs",
                || check(wrong::counted_then_looked::serve),
            ),
            ("failed_and_went_on", "a job was done twice", || {
                check(wrong::failed_and_went_on::serve)
            }),
            ("looked_then_counted", "a job was done twice", || {
                check(wrong::looked_then_counted::serve)
            }),
        ],
    );
}

/// Once, for it takes all the time that it is given.
#[test]
fn an_answer_that_is_never_done_is_refused() {
    let said =
        check_within(wrong::the_channel_never_ends::serve, Duration::from_secs(1))
            .unwrap_err();
    assert!(said.contains("all jobs were done, and serve didn't return"), "{said}");
}

#[test]
fn right_answers_pass() {
    accepts(
        if is_soak() { 100 } else { 2 },
        &[
            ("the solution", || check(solution::serve)),
            ("counted_to_the_end", || check(right::counted_to_the_end::serve)),
            ("dealt_out", || check(right::dealt_out::serve)),
            ("from_a_queue", || check(right::from_a_queue::serve)),
            ("in_turns", || check(right::in_turns::serve)),
        ],
    );
}
