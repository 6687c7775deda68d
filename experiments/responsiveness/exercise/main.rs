//! The repair exercise: change `task.rs` until `cargo test -p responsiveness --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and refuses the task and wrong ones.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod folders_in_a_queue;
    pub(crate) mod one_look_a_call;
    pub(crate) mod the_first_at_once;
    pub(crate) mod two_at_a_time;
}

mod wrong {
    pub(crate) mod a_folder_at_a_time;
    pub(crate) mod all_when_idle;
    pub(crate) mod always_has_more;
    pub(crate) mod forgets_the_first_click;
    pub(crate) mod hurries_when_much_is_left;
    pub(crate) mod leaves_the_last;
    pub(crate) mod lets_the_tick_go_first;
    pub(crate) mod makes_none;
    pub(crate) mod moves_the_end;
    pub(crate) mod one_queue_for_all_albums;
    pub(crate) mod room_for_a_hundred;
    pub(crate) mod says_it_is_done;
    pub(crate) mod some_at_once;
    pub(crate) mod the_last_click_first;
    pub(crate) mod three_at_a_time;
    pub(crate) mod waits_for_work;
}

use std::time::Duration;

use check::{check, check_within};
use testing::exercise::{accepts, refuses};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn no_tick_waits_for_the_work() {
    if let Err(what) = check::<task::Album>() {
        panic!("{what}; repair `Album` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Album>().is_err();
    assert!(
        caught,
        "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired"
    );
}

#[test]
fn right_answers_pass() {
    accepts(
        100,
        &[
            ("the solution", check::<solution::Album>),
            ("folders_in_a_queue", check::<right::folders_in_a_queue::Album>),
            ("one_look_a_call", check::<right::one_look_a_call::Album>),
            ("two_at_a_time", check::<right::two_at_a_time::Album>),
            ("the_first_at_once", check::<right::the_first_at_once::Album>),
        ],
    );
}

#[test]
fn wrong_answers_are_refused_and_told_why() {
    refuses(
        100,
        &[
            (
                "all_when_idle",
                "`idle` makes 40 thumbnails at a stretch",
                check::<wrong::all_when_idle::Album>,
            ),
            (
                "a_folder_at_a_time",
                "`idle` makes 40 thumbnails at a stretch",
                check::<wrong::a_folder_at_a_time::Album>,
            ),
            (
                "three_at_a_time",
                "may wait for 15 ms: `idle` makes 3",
                check::<wrong::three_at_a_time::Album>,
            ),
            (
                "forgets_the_first_click",
                "it is the turn of",
                check::<wrong::forgets_the_first_click::Album>,
            ),
            (
                "moves_the_end",
                "picture 0 is made, and it is the turn of picture 200",
                check::<wrong::moves_the_end::Album>,
            ),
            (
                "the_last_click_first",
                "picture 39 is made, and it is",
                check::<wrong::the_last_click_first::Album>,
            ),
            (
                "some_at_once",
                "picture 100 is made, and it is the turn of",
                check::<wrong::some_at_once::Album>,
            ),
            (
                "says_it_is_done",
                "nothing more to do, and picture 1 isn't made yet (left: 39)",
                check::<wrong::says_it_is_done::Album>,
            ),
            (
                "leaves_the_last",
                "isn't made yet (left: 1)",
                check::<wrong::leaves_the_last::Album>,
            ),
            (
                "always_has_more",
                "more to do, and does nothing",
                check::<wrong::always_has_more::Album>,
            ),
            (
                "hurries_when_much_is_left",
                "`idle` makes 10 thumbnails at a stretch",
                check::<wrong::hurries_when_much_is_left::Album>,
            ),
            (
                "one_queue_for_all_albums",
                "made by the one in which nobody has clicked on it",
                check::<wrong::one_queue_for_all_albums::Album>,
            ),
            (
                "room_for_a_hundred",
                "it is the turn of picture 70100",
                check::<wrong::room_for_a_hundred::Album>,
            ),
            #[cfg(target_os = "linux")]
            (
                "lets_the_tick_go_first",
                "wait for something else",
                check::<wrong::lets_the_tick_go_first::Album>,
            ),
            (
                "makes_none",
                "isn't made yet (left: 40)",
                check::<wrong::makes_none::Album>,
            ),
        ],
    );
}

/// As often as there is time for: it never returns.
#[test]
fn an_answer_that_waits_for_work_is_refused() {
    let said =
        check_within::<wrong::waits_for_work::Album>(Duration::from_millis(100))
            .unwrap_err();
    assert!(said.contains("does it wait for something to do"), "{said}");
}
