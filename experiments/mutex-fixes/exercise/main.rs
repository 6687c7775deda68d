//! The repair exercise: change `task.rs` until `cargo test -p mutex-fixes --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and catches the task and wrong ones.

mod check;
mod solution;
mod sync;
mod task;
mod right {
    pub(crate) mod if_nothing_changed;
    pub(crate) mod in_a_block;
    pub(crate) mod looked_again;
    pub(crate) mod until_it_is_free;
}
mod wrong {
    pub(crate) mod copied;
    pub(crate) mod cut_to_32_bits;
    pub(crate) mod dropped_between;
    pub(crate) mod given_up_after_three;
    pub(crate) mod kept_for_ever;
    pub(crate) mod less_is_enough;
    pub(crate) mod locked_twice;
    pub(crate) mod looked_again_and_paid;
    pub(crate) mod refused_if_held;
    pub(crate) mod taken_back;
}

use check::check;
use testing::exercise::{accepts, refuses, some_times};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn nobody_is_paid_what_is_not_there() {
    if let Err(what) = check(task::withdraw) {
        panic!("{what}; repair `withdraw` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(task::withdraw).err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert_eq!(said, "there were 100 coins, and two workers were paid [60, 60]");
}

#[test]
fn right_answers_pass() {
    accepts(
        some_times(),
        &[
            ("the solution", || check(solution::withdraw)),
            ("if_nothing_changed", || check(right::if_nothing_changed::withdraw)),
            ("in_a_block", || check(right::in_a_block::withdraw)),
            ("looked_again", || check(right::looked_again::withdraw)),
            ("until_it_is_free", || check(right::until_it_is_free::withdraw)),
        ],
    );
}

#[test]
fn wrong_answers_are_refused_and_told_why() {
    let paid = "two workers were paid [60, 60]";
    refuses(
        some_times(),
        &[
            ("copied", paid, || check(wrong::copied::withdraw)),
            ("cut_to_32_bits", "and 5 were refused", || {
                check(wrong::cut_to_32_bits::withdraw)
            }),
            ("dropped_between", paid, || check(wrong::dropped_between::withdraw)),
            ("given_up_after_three", "other workers took", || {
                check(wrong::given_up_after_three::withdraw)
            }),
            ("kept_for_ever", "still holds the lock", || {
                check(wrong::kept_for_ever::withdraw)
            }),
            ("less_is_enough", "were refused", || {
                check(wrong::less_is_enough::withdraw)
            }),
            ("locked_twice", "it waits for itself", || {
                check(wrong::locked_twice::withdraw)
            }),
            ("looked_again_and_paid", paid, || {
                check(wrong::looked_again_and_paid::withdraw)
            }),
            ("refused_if_held", "a worker was refused", || {
                check(wrong::refused_if_held::withdraw)
            }),
            ("taken_back", "a worker was refused", || {
                check(wrong::taken_back::withdraw)
            }),
            ("always", "were paid", || check(|_, _| true)),
            ("never", "were refused", || check(|_, _| false)),
            ("panics", "on purpose", || check(|_, _| panic!("on purpose"))),
        ],
    );
}
