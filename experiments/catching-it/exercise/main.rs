//! The repair exercise: change `task.rs` until `cargo test -p catching-it --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and catches the task and wrong ones.

mod check;
mod solution;
mod task;

/// Where the letter finds its atomics: loom's. A fence for the compiler alone has no part in what loom explores.
mod sync {
    pub(crate) mod atomic {
        pub(crate) use std::sync::atomic::compiler_fence;

        pub(crate) use loom::sync::atomic::*;
    }
}

mod right {
    pub(crate) mod a_step_on_either_side;
    pub(crate) mod fences_on_both_sides;
    pub(crate) mod seqcst_on_the_flag;
    pub(crate) mod swapped;
    pub(crate) mod with_its_complement;
}

mod wrong {
    pub(crate) mod a_fence_on_one_side;
    pub(crate) mod a_lock_for_the_content;
    pub(crate) mod a_lock_of_its_own;
    pub(crate) mod always_the_same;
    pub(crate) mod atomics_of_std;
    pub(crate) mod both_in_one;
    pub(crate) mod for_the_compiler_alone;
    pub(crate) mod looks_twice;
    pub(crate) mod never_sent;
    pub(crate) mod only_the_reader;
    pub(crate) mod only_the_sender;
    pub(crate) mod raised_twice;
    pub(crate) mod reads_before_it_looks;
    pub(crate) mod seqcst_on_the_store;
    pub(crate) mod swapped_relaxed;
    pub(crate) mod takes_it_away;
    pub(crate) mod the_content_is_ordered;
    pub(crate) mod the_fence_too_early;
    pub(crate) mod the_flag_first;
    pub(crate) mod waits_for_it;
    pub(crate) mod zero_is_no_letter;
}

use check::check;
use testing::exercise::{Checked, accepts, refuses, some_times};

/// The check of an answer, with the task's letter or with one of its own.
macro_rules! answer {
    ($file:literal, $($answer:ident)::+) => {{
        use $($answer)::+ as answer;
        || check((task::Letter::default, answer::send, answer::read), include_str!($file))
    }};
    ($file:literal, $($answer:ident)::+, own letter) => {{
        use $($answer)::+ as answer;
        || check((answer::Letter::default, answer::send, answer::read), include_str!($file))
    }};
}

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn who_finds_the_flag_up_finds_the_letter() {
    let check: Checked = answer!("task.rs", task, own letter);
    if let Err(what) = check() {
        panic!("{what}; repair `send` and `read` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let check: Checked = answer!("task.rs", task, own letter);
    let said =
        check().expect_err("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(said.contains("the flag was up"), "{said}");
}

#[test]
fn right_answers_pass() {
    use right::*;
    accepts(
        some_times(),
        &[
            ("the solution", answer!("solution.rs", solution)),
            (
                "a step on either side",
                answer!("right/a_step_on_either_side.rs", a_step_on_either_side, own letter),
            ),
            (
                "fences on both sides",
                answer!("right/fences_on_both_sides.rs", fences_on_both_sides),
            ),
            (
                "seqcst on the flag",
                answer!("right/seqcst_on_the_flag.rs", seqcst_on_the_flag),
            ),
            ("swapped", answer!("right/swapped.rs", swapped)),
            (
                "with its complement",
                answer!("right/with_its_complement.rs", with_its_complement, own letter),
            ),
        ],
    );
}

#[test]
fn wrong_answers_are_refused() {
    use wrong::*;
    let not_there = "the flag was up, and the letter wasn't there";
    let has_not_come = "the sender has ended, and the letter of";
    let unseen = "the letter uses `std`, but loom judges only";
    refuses(
        some_times(),
        &[
            (
                "a fence on one side",
                not_there,
                answer!("wrong/a_fence_on_one_side.rs", a_fence_on_one_side),
            ),
            (
                "a lock for the content",
                unseen,
                answer!("wrong/a_lock_for_the_content.rs", a_lock_for_the_content, own letter),
            ),
            (
                "a lock of its own",
                "an execution has no end",
                answer!("wrong/a_lock_of_its_own.rs", a_lock_of_its_own, own letter),
            ),
            (
                "always the same",
                has_not_come,
                answer!("wrong/always_the_same.rs", always_the_same),
            ),
            (
                "atomics of std",
                unseen,
                answer!("wrong/atomics_of_std.rs", atomics_of_std, own letter),
            ),
            (
                "both in one",
                "a letter of 18446744073709551615 is read as 9",
                answer!("wrong/both_in_one.rs", both_in_one, own letter),
            ),
            (
                "for the compiler alone",
                not_there,
                answer!("wrong/for_the_compiler_alone.rs", for_the_compiler_alone),
            ),
            (
                "looks twice",
                not_there,
                answer!("wrong/looks_twice.rs", looks_twice),
            ),
            (
                "never sent",
                has_not_come,
                answer!("wrong/never_sent.rs", never_sent),
            ),
            (
                "only the reader",
                not_there,
                answer!("wrong/only_the_reader.rs", only_the_reader),
            ),
            (
                "only the sender",
                not_there,
                answer!("wrong/only_the_sender.rs", only_the_sender),
            ),
            (
                "raised twice",
                not_there,
                answer!("wrong/raised_twice.rs", raised_twice),
            ),
            (
                "reads before it looks",
                not_there,
                answer!("wrong/reads_before_it_looks.rs", reads_before_it_looks),
            ),
            (
                "seqcst on the store",
                not_there,
                answer!("wrong/seqcst_on_the_store.rs", seqcst_on_the_store),
            ),
            (
                "swapped relaxed",
                not_there,
                answer!("wrong/swapped_relaxed.rs", swapped_relaxed),
            ),
            (
                "takes it away",
                "a letter that was read is gone",
                answer!("wrong/takes_it_away.rs", takes_it_away),
            ),
            (
                "the content is ordered",
                not_there,
                answer!("wrong/the_content_is_ordered.rs", the_content_is_ordered),
            ),
            (
                "the fence too early",
                not_there,
                answer!("wrong/the_fence_too_early.rs", the_fence_too_early),
            ),
            (
                "the flag first",
                not_there,
                answer!("wrong/the_flag_first.rs", the_flag_first),
            ),
            (
                "waits for it",
                "an execution has no end",
                answer!("wrong/waits_for_it.rs", waits_for_it),
            ),
            (
                "zero is no letter",
                has_not_come,
                answer!("wrong/zero_is_no_letter.rs", zero_is_no_letter),
            ),
        ],
    );
}
