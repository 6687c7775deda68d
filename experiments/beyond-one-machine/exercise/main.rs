//! The repair exercise: change `task.rs` until `cargo test -p beyond-one-machine --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and catches the task and wrong ones.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod added_up;
    pub(crate) mod by_first_letter;
    pub(crate) mod by_length;
    pub(crate) mod exchanged_before;
    pub(crate) mod in_bundles;
    pub(crate) mod sorted;
    pub(crate) mod waits_for_its_end;
}

mod wrong {
    pub(crate) mod added_up_by_one;
    pub(crate) mod after_a_batch_of_each;
    pub(crate) mod after_fifty_steps;
    pub(crate) mod all_to_one;
    pub(crate) mod capability_kept;
    pub(crate) mod counted_by_one;
    pub(crate) mod counts_kept;
    pub(crate) mod each_to_itself;
    pub(crate) mod everybody_counts_all;
    pub(crate) mod exchanged_after_counting;
    pub(crate) mod hangs;
    pub(crate) mod in_turns;
    pub(crate) mod keys_of_their_own;
    pub(crate) mod memory_of_all;
    pub(crate) mod memory_of_each_dataflow;
    pub(crate) mod nothing_told;
    pub(crate) mod one_word_each;
    pub(crate) mod to_everybody;
    pub(crate) mod to_two_of_all;
    pub(crate) mod told_before_the_end;
    pub(crate) mod told_by_one_only;
}

use std::time::Duration;

use check::{check, check_within};
use testing::exercise::{accepts, refuses, some_times};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn every_word_is_counted_once_however_many_workers_there_are() {
    if let Err(what) = check(task::count) {
        panic!("{what}; repair `count` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(task::count)
        .expect_err("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(
        said.starts_with("with 2 workers \"AA\" is told 2 times, as 3 and 2;"),
        "{said}"
    );
}

#[test]
#[rustfmt::skip]
fn right_answers_pass() {
    accepts(some_times(), &[
        ("solution", || check(solution::count)),
        ("added up", || check(right::added_up::count)),
        ("by first letter", || check(right::by_first_letter::count)),
        ("by length", || check(right::by_length::count)),
        ("exchanged before", || check(right::exchanged_before::count)),
        ("in bundles", || check(right::in_bundles::count)),
        ("sorted", || check(right::sorted::count)),
        ("waits for its end", || check(right::waits_for_its_end::count)),
    ]);
}

/// The check lets one worker go on at a time, so what goes wrong doesn't hang on who was faster.
#[test]
#[rustfmt::skip]
fn wrong_answers_are_caught() {
    refuses(some_times(), &[
        ("added up by one", "share the words out", || check(wrong::added_up_by_one::count)),
        ("after a batch of each", "is told as", || check(wrong::after_a_batch_of_each::count)),
        ("after fifty steps", "is told as", || check(wrong::after_fifty_steps::count)),
        ("all to one", "worker 1 has none to tell", || check(wrong::all_to_one::count)),
        ("capability kept", "never ends", || check(wrong::capability_kept::count)),
        ("counted by one", "records to work on, where twice its share", || check(wrong::counted_by_one::count)),
        ("counts kept", "a copy of `counts` is kept", || check(wrong::counts_kept::count)),
        ("each to itself", "is told 2 times", || check(wrong::each_to_itself::count)),
        ("everybody counts all", "records to work on, where twice its share", || check(wrong::everybody_counts_all::count)),
        ("exchanged after counting", "is told 2 times", || check(wrong::exchanged_after_counting::count)),
        ("hangs", "hasn't returned", || check_within(Duration::from_millis(100), wrong::hangs::count)),
        ("in turns", "is told 2 times", || check(wrong::in_turns::count)),
        ("keys of their own", "is told 2 times", || check(wrong::keys_of_their_own::count)),
        ("memory of all", "is told as", || check(wrong::memory_of_all::count)),
        ("memory of each dataflow", "is told as", || check(wrong::memory_of_each_dataflow::count)),
        ("nothing told", "is never told", || check(wrong::nothing_told::count)),
        ("one word each", "words to tell, where twice its share", || check(wrong::one_word_each::count)),
        ("to everybody", "is told 2 times, as", || check(wrong::to_everybody::count)),
        ("to two of all", "has none to tell", || check(wrong::to_two_of_all::count)),
        ("told before the end", "is told 2 times", || check(wrong::told_before_the_end::count)),
        ("told by one only", "is told as", || check(wrong::told_by_one_only::count)),
    ]);
}
