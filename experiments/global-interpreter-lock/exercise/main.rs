//! The repair exercise: change `task.rs` until `cargo test -p global-interpreter-lock --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution and others, and refuses the task and what else people
//! answer.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod atomic_step;
    pub(crate) mod brief_lock;
    pub(crate) mod own_lock;
    pub(crate) mod spin_with_checkpoints;
}

mod wrong {
    pub(crate) mod compare_after_print;
    pub(crate) mod goes_home;
    pub(crate) mod lock_for_each_half;
    pub(crate) mod locks_twice;
    pub(crate) mod looks_again;
    pub(crate) mod prints_first;
    pub(crate) mod prints_nothing;
    pub(crate) mod subtracts_blindly;
    pub(crate) mod waits_with_the_lock;
}

use check::check;
use testing::exercise::{accepts, refuses};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn no_ticket_is_sold_twice() {
    if let Err(what) = check::<task::Tickets>() {
        panic!("{what}; repair `sell` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Tickets>();
    assert_eq!(
        caught,
        Err("of 1 tickets, 2 were sold".to_owned()),
        "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired"
    );
}

#[test]
fn right_answers_pass() {
    accepts(
        100,
        &[
            ("solution", check::<solution::Tickets>),
            ("atomic_step", check::<right::atomic_step::Tickets>),
            ("brief_lock", check::<right::brief_lock::Tickets>),
            ("own_lock", check::<right::own_lock::Tickets>),
            ("spin_with_checkpoints", check::<right::spin_with_checkpoints::Tickets>),
        ],
    );
}

#[test]
fn wrong_answers_are_refused() {
    let sold_twice = "of 1 tickets, 2 were sold";
    refuses(
        100,
        &[
            ("lock_for_each_half", sold_twice, check::<wrong::lock_for_each_half::Tickets>),
            ("subtracts_blindly", "of 1 tickets", check::<wrong::subtracts_blindly::Tickets>),
            ("prints_nothing", "not printed", check::<wrong::prints_nothing::Tickets>),
            ("prints_first", "printed that was not sold", check::<wrong::prints_first::Tickets>),
            ("looks_again", "printed that was not sold", check::<wrong::looks_again::Tickets>),
            ("compare_after_print", "printed", check::<wrong::compare_after_print::Tickets>),
            ("goes_home", "told that there are no more", check::<wrong::goes_home::Tickets>),
        ],
    );
}

/// These are seen to wait, which takes as long as looking does, or on other systems than Linux until a deadline.
#[test]
fn answers_that_wait_for_ever_are_refused() {
    let mutual = check::<wrong::waits_with_the_lock::Tickets>;
    let twice = check::<wrong::locks_twice::Tickets>;
    let all = [("waits_with_the_lock", "each other", mutual as fn() -> _), ("locks_twice", "each other", twice)];
    refuses(if cfg!(target_os = "linux") { 20 } else { 1 }, &[all, all].concat());
}
