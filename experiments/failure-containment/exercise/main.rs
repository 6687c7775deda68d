//! The repair exercise: change `task.rs` until `cargo test -p failure-containment --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and catches the task and wrong ones.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod asked_of_the_results;
    pub(crate) mod by_tickets;
    pub(crate) mod by_turns;
    pub(crate) mod in_a_ring;
    pub(crate) mod passed_over_when_taken;
    pub(crate) mod the_dead_are_not_believed;
}

mod wrong {
    pub(crate) mod again_in_turn_but_the_last_first;
    pub(crate) mod all_that_is_not_done;
    pub(crate) mod back_though_it_is_done;
    pub(crate) mod back_to_the_front;
    pub(crate) mod behind_the_next_one;
    pub(crate) mod bits_for_few;
    pub(crate) mod copies_for_all;
    pub(crate) mod dead_twice;
    pub(crate) mod done_when_it_is_taken;
    pub(crate) mod given_up_in_silence;
    pub(crate) mod in_no_order;
    pub(crate) mod new_ones_first;
    pub(crate) mod nothing_is_no_result;
    pub(crate) mod room_for_two;
    pub(crate) mod still_has_what_it_finished;
    pub(crate) mod the_dead_had_a_job;
    pub(crate) mod the_last_first;
    pub(crate) mod the_last_result_counts;
    pub(crate) mod waits_for_a_job;
    pub(crate) mod waits_though_it_is_done;
}

use std::time::Duration;

use check::{check, check_within};
use testing::exercise::{accepts, refuses, some_times};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn no_job_is_lost_and_none_counts_twice() {
    if let Err(what) = check::<task::Queue>() {
        panic!("{what}; repair `Queue` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check::<task::Queue>().err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(said.starts_with("worker 0 takes job 0, worker 0 dies, "), "{said}");
    assert!(
        said.ends_with(": job 0 is lost: it isn't done, and no worker has it"),
        "{said}"
    );
}

#[test]
fn right_answers_pass() {
    accepts(
        some_times(),
        &[
            ("solution", check::<solution::Queue>),
            ("asked of the results", check::<right::asked_of_the_results::Queue>),
            ("by turns", check::<right::by_turns::Queue>),
            ("by tickets", check::<right::by_tickets::Queue>),
            ("in a ring", check::<right::in_a_ring::Queue>),
            (
                "passed over when taken",
                check::<right::passed_over_when_taken::Queue>,
            ),
            (
                "the dead are not believed",
                check::<right::the_dead_are_not_believed::Queue>,
            ),
        ],
    );
}

#[test]
fn wrong_answers_are_refused() {
    refuses(
        100,
        &[
            (
                "again in turn but the last first",
                "jobs 0 to 3 end",
                check::<wrong::again_in_turn_but_the_last_first::Queue>,
            ),
            (
                "behind the next one",
                "it has to wait for ever",
                check::<wrong::behind_the_next_one::Queue>,
            ),
            (
                "bits for few",
                "workers with a job each",
                check::<wrong::bits_for_few::Queue>,
            ),
            (
                "all that is not done",
                "two workers have job",
                check::<wrong::all_that_is_not_done::Queue>,
            ),
            (
                "back though it is done",
                "again, though it is done",
                check::<wrong::back_though_it_is_done::Queue>,
            ),
            (
                "back to the front",
                "job 0 ends each worker",
                check::<wrong::back_to_the_front::Queue>,
            ),
            (
                "copies for all",
                "two workers have job",
                check::<wrong::copies_for_all::Queue>,
            ),
            (
                "dead twice",
                "two workers have job",
                check::<wrong::dead_twice::Queue>,
            ),
            (
                "done when it is taken",
                "has to be None",
                check::<wrong::done_when_it_is_taken::Queue>,
            ),
            (
                "given up in silence",
                "given up without a word",
                check::<wrong::given_up_in_silence::Queue>,
            ),
            ("in no order", "has had no turn", check::<wrong::in_no_order::Queue>),
            (
                "new ones first",
                "has had no turn since",
                check::<wrong::new_ones_first::Queue>,
            ),
            (
                "nothing is no result",
                "has to be Some(0)",
                check::<wrong::nothing_is_no_result::Queue>,
            ),
            (
                "room for two",
                "workers with a job each",
                check::<wrong::room_for_two::Queue>,
            ),
            (
                "still has what it finished",
                "again, though it is done",
                check::<wrong::still_has_what_it_finished::Queue>,
            ),
            (
                "the dead had a job",
                "worker 0 dies: the queue panics",
                check::<wrong::the_dead_had_a_job::Queue>,
            ),
            ("the last first", "came later", check::<wrong::the_last_first::Queue>),
            (
                "the last result counts",
                "was 0, and now it is 1",
                check::<wrong::the_last_result_counts::Queue>,
            ),
            (
                "waits though it is done",
                "again, though it is done",
                check::<wrong::waits_though_it_is_done::Queue>,
            ),
        ],
    );
}

/// As often as there is time for: it never returns.
#[test]
fn an_answer_that_waits_for_a_job_is_refused() {
    let said =
        check_within::<wrong::waits_for_a_job::Queue>(Duration::from_millis(100))
            .unwrap_err();
    assert!(said.contains("does it wait for a job"), "{said}");
}
