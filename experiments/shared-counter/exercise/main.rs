//! The repair exercise: change `task.rs` until `cargo test -p shared-counter --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and catches the task and wrong ones.

mod check;
mod solution;
mod sync;
mod task;
mod right {
    pub(crate) mod found_again;
    pub(crate) mod given_back;
    pub(crate) mod the_smaller_of_two;
    pub(crate) mod what_was_there;
}
mod wrong {
    pub(crate) mod below_zero;
    pub(crate) mod cut_to_32_bits;
    pub(crate) mod exchange_ignored;
    pub(crate) mod given_back_too_late;
    pub(crate) mod given_up;
    pub(crate) mod given_up_after_three;
    pub(crate) mod looked_first_and_given_back;
    pub(crate) mod looked_twice;
    pub(crate) mod stops_at_zero;
    pub(crate) mod strongest_ordering;
    pub(crate) mod swapped;
    pub(crate) mod taken_in_one_step;
    pub(crate) mod weak_and_believed;
}

use check::check;
use testing::exercise::{accepts, refuses, some_times};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn each_seat_is_sold_once() {
    if let Err(what) = check(task::sell) {
        panic!("{what}; repair `sell` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(task::sell).err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert_eq!(
        said,
        "there was 1 seat, and 2 workers sold 2, though each tried once"
    );
}

#[test]
fn right_answers_pass() {
    accepts(
        some_times(),
        &[
            ("the solution", || check(solution::sell)),
            ("the solution in one line", || check(solution::sell_in_one_line)),
            ("found_again", || check(right::found_again::sell)),
            ("given_back", || check(right::given_back::sell)),
            ("the_smaller_of_two", || check(right::the_smaller_of_two::sell)),
            ("what_was_there", || check(right::what_was_there::sell)),
        ],
    );
}

#[test]
fn wrong_answers_are_refused_and_told_why() {
    let two = "there was 1 seat, and 2 workers sold 2";
    refuses(
        some_times(),
        &[
            ("below_zero", "one worker alone sold", || {
                check(wrong::below_zero::sell)
            }),
            ("cut_to_32_bits", "there were 4,294,967,296 seats", || {
                check(wrong::cut_to_32_bits::sell)
            }),
            ("exchange_ignored", two, || check(wrong::exchange_ignored::sell)),
            ("given_up", "there were 2 seats, and 2 workers sold 1", || {
                check(wrong::given_up::sell)
            }),
            (
                "given_back_too_late",
                "there were 0 seats, and 2 workers sold 1",
                || check(wrong::given_back_too_late::sell),
            ),
            ("given_up_after_three", "other workers came between", || {
                check(wrong::given_up_after_three::sell)
            }),
            (
                "looked_first_and_given_back",
                "there was 1 seat, and 2 workers sold 2 in 3 tries",
                || check(wrong::looked_first_and_given_back::sell),
            ),
            ("looked_twice", two, || check(wrong::looked_twice::sell)),
            (
                "stops_at_zero",
                "there were 5 seats, and one worker alone sold",
                || check(wrong::stops_at_zero::sell),
            ),
            ("strongest_ordering", two, || check(wrong::strongest_ordering::sell)),
            ("swapped", "there were 2 seats, and 2 workers sold 3 tickets", || {
                check(wrong::swapped::sell)
            }),
            ("taken_in_one_step", two, || check(wrong::taken_in_one_step::sell)),
            ("weak_and_believed", "without a cause", || {
                check(wrong::weak_and_believed::sell)
            }),
            ("always", "sold 7 tickets", || check(|_| true)),
            ("never", "sold 0 tickets", || check(|_| false)),
            ("waits", "did not return", || {
                check(|left| {
                    while left.load(sync::atomic::Ordering::Relaxed) < 9 {}
                    true
                })
            }),
            ("panics", "on purpose", || check(|_| panic!("on purpose"))),
        ],
    );
}
