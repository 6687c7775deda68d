//! The repair exercise: change `task.rs` until `cargo test -p cpu-vs-io --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and refuses the task and those that aren't.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod a_channel;
    pub(crate) mod a_larger_pool;
    pub(crate) mod counted_down;
    pub(crate) mod halves;
    pub(crate) mod places;
    pub(crate) mod workers_with_a_list;
}

mod wrong {
    pub(crate) mod a_pool_of_twenty;
    pub(crate) mod a_thread_for_each_cpu;
    pub(crate) mod asks_twice;
    pub(crate) mod asks_under_a_lock;
    pub(crate) mod async_that_blocks;
    pub(crate) mod in_order_of_arrival;
    pub(crate) mod joined_at_once;
    pub(crate) mod leaves_its_pool;
    pub(crate) mod leaves_out_the_rest;
    pub(crate) mod never_hangs_up;
    pub(crate) mod rayon_as_it_is;
    pub(crate) mod rounded_up;
    pub(crate) mod sorted_by_answer;
    pub(crate) mod spins;
    pub(crate) mod two_hundred_at_once;
}

use check::check;
use testing::exercise::{accepts, refuses, some_times};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn all_questions_are_asked_before_any_is_answered() {
    if let Err(what) = check(task::ask_all) {
        panic!("{what}; repair `ask_all` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(task::ask_all).err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(said.contains("1 of 20 were asked"), "{said}");
}

#[test]
fn right_answers_pass() {
    accepts(
        some_times(),
        &[
            ("the solution", || check(solution::ask_all)),
            ("a_channel", || check(right::a_channel::ask_all)),
            ("a_larger_pool", || check(right::a_larger_pool::ask_all)),
            ("counted_down", || check(right::counted_down::ask_all)),
            ("halves", || check(right::halves::ask_all)),
            ("places", || check(right::places::ask_all)),
            ("workers_with_a_list", || check(right::workers_with_a_list::ask_all)),
        ],
    );
}

#[test]
fn wrong_answers_are_refused() {
    refuses(
        some_times(),
        &[
            ("a_pool_of_twenty", "20 of ", || {
                check(wrong::a_pool_of_twenty::ask_all)
            }),
            (
                "a_thread_for_each_cpu",
                "not all questions were under way at once",
                || check(wrong::a_thread_for_each_cpu::ask_all),
            ),
            ("asks_twice", "question 0 was asked 2 times", || {
                check(wrong::asks_twice::ask_all)
            }),
            ("asks_under_a_lock", "1 of 20 were asked", || {
                check(wrong::asks_under_a_lock::ask_all)
            }),
            ("async_that_blocks", "1 of 20 were asked", || {
                check(wrong::async_that_blocks::ask_all)
            }),
            ("in_order_of_arrival", "in the order of the questions", || {
                check(wrong::in_order_of_arrival::ask_all)
            }),
            ("joined_at_once", "1 of 20 were asked", || {
                check(wrong::joined_at_once::ask_all)
            }),
            ("leaves_out_the_rest", "was never asked", || {
                check(wrong::leaves_out_the_rest::ask_all)
            }),
            ("leaves_its_pool", "are left behind", || {
                check(wrong::leaves_its_pool::ask_all)
            }),
            (
                "never_hangs_up",
                "it doesn't return, though it has all answers",
                || check(wrong::never_hangs_up::ask_all),
            ),
            ("rayon_as_it_is", "not all questions were under way at once", || {
                check(wrong::rayon_as_it_is::ask_all)
            }),
            ("rounded_up", "there is none of that number", || {
                check(wrong::rounded_up::ask_all)
            }),
            ("sorted_by_answer", "in the order of the questions", || {
                check(wrong::sorted_by_answer::ask_all)
            }),
            ("spins", "somebody ran in circles", || check(wrong::spins::ask_all)),
            ("two_hundred_at_once", "200 of ", || {
                check(wrong::two_hundred_at_once::ask_all)
            }),
        ],
    );
}
