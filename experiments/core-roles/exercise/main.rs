//! The repair exercise: change `task.rs` until `cargo test -p core-roles --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and refuses the task and wrong ones.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod behind_the_urgent;
    pub(crate) mod in_order;
    pub(crate) mod steals;
    pub(crate) mod the_longest_of_the_bulk_first;
}

mod wrong {
    pub(crate) mod a_worker_kept;
    pub(crate) mod by_its_number;
    pub(crate) mod eight_queues;
    pub(crate) mod in_turns;
    pub(crate) mod looks_again_later;
    pub(crate) mod one_of_the_bulk_after_ten;
    pub(crate) mod one_queue;
    pub(crate) mod only_what_is_urgent;
    pub(crate) mod queues_of_all_servers;
    pub(crate) mod steals_from_the_neighbour;
    pub(crate) mod steals_last;
    pub(crate) mod the_last_urgent_first;
    pub(crate) mod the_shortest_queue;
    pub(crate) mod the_shortest_task_first;
    pub(crate) mod twice_to_be_sure;
    pub(crate) mod urgent_to_one_worker;
    pub(crate) mod urgent_to_the_front;
    pub(crate) mod waits_for_a_task;
}

use std::time::Duration;

use check::{check, check_within};
use testing::exercise::{accepts, refuses};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn nobody_idles_and_nothing_urgent_waits_for_the_bulk() {
    if let Err(what) = check::<task::Queues>() {
        panic!("{what}; repair `Queues` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Queues>().is_err();
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
            ("the solution", check::<solution::Queues>),
            ("in_order", check::<right::in_order::Queues>),
            ("behind_the_urgent", check::<right::behind_the_urgent::Queues>),
            (
                "the_longest_of_the_bulk_first",
                check::<right::the_longest_of_the_bulk_first::Queues>,
            ),
            ("steals", check::<right::steals::Queues>),
        ],
    );
}

#[test]
fn wrong_answers_are_refused_and_told_why() {
    refuses(
        100,
        &[
            (
                "one_queue",
                "of the bulk, and task 24 is urgent",
                check::<wrong::one_queue::Queues>,
            ),
            (
                "urgent_to_the_front",
                "as urgent, has arrived earlier",
                check::<wrong::urgent_to_the_front::Queues>,
            ),
            (
                "the_last_urgent_first",
                "as urgent, has arrived earlier",
                check::<wrong::the_last_urgent_first::Queues>,
            ),
            (
                "a_worker_kept",
                "idles, and task 0 waits",
                check::<wrong::a_worker_kept::Queues>,
            ),
            (
                "urgent_to_one_worker",
                "worker 1 of 2 begins task",
                check::<wrong::urgent_to_one_worker::Queues>,
            ),
            (
                "the_shortest_queue",
                "idles, and task",
                check::<wrong::the_shortest_queue::Queues>,
            ),
            (
                "steals_from_the_neighbour",
                "idles, and task",
                check::<wrong::steals_from_the_neighbour::Queues>,
            ),
            (
                "steals_last",
                "as urgent, has arrived earlier",
                check::<wrong::steals_last::Queues>,
            ),
            (
                "the_shortest_task_first",
                "as urgent, has arrived earlier",
                check::<wrong::the_shortest_task_first::Queues>,
            ),
            ("in_turns", "of the bulk, and task", check::<wrong::in_turns::Queues>),
            (
                "by_its_number",
                "begins task 25 of the bulk, and task 26 is urgent",
                check::<wrong::by_its_number::Queues>,
            ),
            (
                "only_what_is_urgent",
                "idles, and task 25 waits",
                check::<wrong::only_what_is_urgent::Queues>,
            ),
            (
                "one_of_the_bulk_after_ten",
                "of the bulk, and task 92 is urgent",
                check::<wrong::one_of_the_bulk_after_ten::Queues>,
            ),
            (
                "eight_queues",
                "of 40 idles, and task",
                check::<wrong::eight_queues::Queues>,
            ),
            (
                "queues_of_all_servers",
                "of two servers one begins another's task",
                check::<wrong::queues_of_all_servers::Queues>,
            ),
            #[cfg(target_os = "linux")]
            (
                "looks_again_later",
                "the queues sleep or wait",
                check::<wrong::looks_again_later::Queues>,
            ),
            (
                "twice_to_be_sure",
                "which was begun before",
                check::<wrong::twice_to_be_sure::Queues>,
            ),
        ],
    );
}

/// As often as there is time for: it never returns.
#[test]
fn an_answer_that_waits_for_a_task_is_refused() {
    let said =
        check_within::<wrong::waits_for_a_task::Queues>(Duration::from_millis(100))
            .unwrap_err();
    assert!(said.contains("do they wait for a task"), "{said}");
}
