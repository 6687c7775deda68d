//! The repair exercise: change `task.rs` until `cargo test -p memory-footprint --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and refuses the task and those that aren't.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod read_into_a_map;
    pub(crate) mod the_first_that_begins_so;
    pub(crate) mod what_is_not_shared;
}
mod wrong {
    pub(crate) mod a_share_as_given_back;
    pub(crate) mod all_lines_of_pss;
    pub(crate) mod all_that_begin_so;
    pub(crate) mod all_that_is_shared;
    pub(crate) mod by_the_number_of_the_line;
    pub(crate) mod by_the_parts_of_pss;
    pub(crate) mod none_is_no_pool;
    pub(crate) mod only_the_first_that_begins_so;
    pub(crate) mod only_what_was_changed;
    pub(crate) mod private_pages_alone;
    pub(crate) mod the_mean_of_rss;
    pub(crate) mod what_could_be_freed_at_once;
    pub(crate) mod what_is_shared_once;
    pub(crate) mod with_what_is_swapped_out;
}

use check::check;
use testing::exercise::{accepts, refuses};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn the_report_says_what_the_pool_costs() {
    if let Err(what) = check(task::together, task::given_back) {
        panic!("{what}; repair exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check(task::together, task::given_back).is_err();
    assert!(
        caught,
        "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired"
    );
}

/// The check of an answer.
macro_rules! checked {
    ($($module:ident)::+) => {{
        use $($module)::+ as answer;
        || check(answer::together, answer::given_back)
    }};
}

#[test]
fn wrong_answers_are_refused() {
    refuses(
        100,
        &[
            (
                "a_share_as_given_back",
                "share all they have: the end of one gives 0 KiB back",
                checked!(wrong::a_share_as_given_back),
            ),
            (
                "all_lines_of_pss",
                "one worker alone: together they take 160 KiB",
                checked!(wrong::all_lines_of_pss),
            ),
            (
                "all_that_begin_so",
                "huge pages that are set aside: the end of one",
                checked!(wrong::all_that_begin_so),
            ),
            (
                "all_that_is_shared",
                "huge pages that are set aside: the end of one gives 32 KiB back",
                checked!(wrong::all_that_is_shared),
            ),
            (
                "by_the_number_of_the_line",
                "on an older kernel",
                checked!(wrong::by_the_number_of_the_line),
            ),
            (
                "by_the_parts_of_pss",
                "on an older kernel: together",
                checked!(wrong::by_the_parts_of_pss),
            ),
            (
                "none_is_no_pool",
                "no worker: the report panics",
                checked!(wrong::none_is_no_pool),
            ),
            (
                "only_the_first_that_begins_so",
                "gives 160 KiB back",
                checked!(wrong::only_the_first_that_begins_so),
            ),
            (
                "only_what_was_changed",
                "gives 160 KiB back",
                checked!(wrong::only_what_was_changed),
            ),
            (
                "private_pages_alone",
                "share all they have: together they take 160 KiB",
                checked!(wrong::private_pages_alone),
            ),
            (
                "the_mean_of_rss",
                "share nothing: together they take 160 KiB",
                checked!(wrong::the_mean_of_rss),
            ),
            (
                "what_could_be_freed_at_once",
                "one worker alone: the end of one gives 160 KiB back",
                checked!(wrong::what_could_be_freed_at_once),
            ),
            (
                "what_is_shared_once",
                "two programs with two workers each: together",
                checked!(wrong::what_is_shared_once),
            ),
            (
                "with_what_is_swapped_out",
                "swapped out in part: together",
                checked!(wrong::with_what_is_swapped_out),
            ),
        ],
    );
}

#[test]
fn right_answers_pass() {
    accepts(
        100,
        &[
            ("the solution", checked!(solution)),
            ("read_into_a_map", checked!(right::read_into_a_map)),
            ("the_first_that_begins_so", checked!(right::the_first_that_begins_so)),
            ("what_is_not_shared", checked!(right::what_is_not_shared)),
        ],
    );
}
