//! The repair exercise: change `task.rs` until `cargo test -p false-sharing --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and refuses the task and those that aren't.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod aligned_by_an_empty_field;
    pub(crate) mod in_a_wrapper;
    pub(crate) mod stretched_to_a_block;
}
mod wrong {
    pub(crate) mod a_block_for_each_counter;
    pub(crate) mod a_line_for_each;
    pub(crate) mod a_page_for_each;
    pub(crate) mod in_a_box;
    pub(crate) mod in_a_static;
    pub(crate) mod one_counter_for_both;
    pub(crate) mod only_one_field_aligned;
    pub(crate) mod padded_behind;
    pub(crate) mod padded_between;
    pub(crate) mod padded_in_front;
}

use check::check;
use testing::exercise::{accepts, refuses};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn workers_write_to_lines_of_their_own() {
    if let Err(what) = check::<task::Statistics>() {
        panic!("{what}; repair `Statistics` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Statistics>().is_err();
    assert!(
        caught,
        "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired"
    );
}

#[test]
fn wrong_answers_are_refused() {
    let together = "lie within one block";
    refuses(
        100,
        &[
            (
                "a_block_for_each_counter",
                "take 256 bytes",
                check::<wrong::a_block_for_each_counter::Statistics>,
            ),
            (
                "a_line_for_each",
                together,
                check::<wrong::a_line_for_each::Statistics>,
            ),
            (
                "a_page_for_each",
                "take 4,096 bytes",
                check::<wrong::a_page_for_each::Statistics>,
            ),
            ("in_a_box", "don't lie in its", check::<wrong::in_a_box::Statistics>),
            (
                "in_a_static",
                "don't lie in its",
                check::<wrong::in_a_static::Statistics>,
            ),
            (
                "one_counter_for_both",
                "are one counter",
                check::<wrong::one_counter_for_both::Statistics>,
            ),
            (
                "only_one_field_aligned",
                together,
                check::<wrong::only_one_field_aligned::Statistics>,
            ),
            ("padded_behind", together, check::<wrong::padded_behind::Statistics>),
            (
                "padded_between",
                together,
                check::<wrong::padded_between::Statistics>,
            ),
            (
                "padded_in_front",
                together,
                check::<wrong::padded_in_front::Statistics>,
            ),
        ],
    );
}

#[test]
fn right_answers_pass() {
    accepts(
        100,
        &[
            ("the solution", check::<solution::Statistics>),
            (
                "aligned_by_an_empty_field",
                check::<right::aligned_by_an_empty_field::Statistics>,
            ),
            ("in_a_wrapper", check::<right::in_a_wrapper::Statistics>),
            (
                "stretched_to_a_block",
                check::<right::stretched_to_a_block::Statistics>,
            ),
        ],
    );
}
