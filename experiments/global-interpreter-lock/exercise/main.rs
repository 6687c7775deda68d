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
    pub(crate) mod waits_for_a_condition;
}

mod wrong {
    pub(crate) mod checkpoint_between;
    pub(crate) mod compare_after_print;
    pub(crate) mod goes_home;
    pub(crate) mod hands_it_back;
    pub(crate) mod lock_for_each_half;
    pub(crate) mod locks_twice;
    pub(crate) mod looks_again;
    pub(crate) mod looks_detached;
    pub(crate) mod never_lowered;
    pub(crate) mod one_for_all_sales;
    pub(crate) mod prints_first;
    pub(crate) mod prints_nothing;
    pub(crate) mod spins_with_the_lock;
    pub(crate) mod subtracts_blindly;
    pub(crate) mod tries_thrice;
    pub(crate) mod waits_with_the_lock;
    pub(crate) mod wakes_nobody;
}

use check::check;
use testing::exercise::{accepts, refuses};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
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
        if testing::is_soak() { 100 } else { 20 },
        &[
            ("solution", check::<solution::Tickets>),
            ("atomic_step", check::<right::atomic_step::Tickets>),
            ("brief_lock", check::<right::brief_lock::Tickets>),
            ("own_lock", check::<right::own_lock::Tickets>),
            (
                "spin_with_checkpoints",
                check::<right::spin_with_checkpoints::Tickets>,
            ),
            (
                "waits_for_a_condition",
                check::<right::waits_for_a_condition::Tickets>,
            ),
        ],
    );
}

#[test]
fn wrong_answers_are_refused() {
    let sold_twice = "of 1 tickets, 2 were sold";
    refuses(
        100,
        &[
            (
                "lock_for_each_half",
                sold_twice,
                check::<wrong::lock_for_each_half::Tickets>,
            ),
            (
                "checkpoint_between",
                sold_twice,
                check::<wrong::checkpoint_between::Tickets>,
            ),
            ("looks_detached", sold_twice, check::<wrong::looks_detached::Tickets>),
            (
                "hands_it_back",
                "of 1 tickets",
                check::<wrong::hands_it_back::Tickets>,
            ),
            (
                "tries_thrice",
                "told that there are no more",
                check::<wrong::tries_thrice::Tickets>,
            ),
            (
                "subtracts_blindly",
                "of 1 tickets",
                check::<wrong::subtracts_blindly::Tickets>,
            ),
            (
                "prints_nothing",
                "not printed",
                check::<wrong::prints_nothing::Tickets>,
            ),
            (
                "prints_first",
                "printed that was not sold",
                check::<wrong::prints_first::Tickets>,
            ),
            (
                "looks_again",
                "printed that was not sold",
                check::<wrong::looks_again::Tickets>,
            ),
            (
                "compare_after_print",
                "printed",
                check::<wrong::compare_after_print::Tickets>,
            ),
            (
                "goes_home",
                "told that there are no more",
                check::<wrong::goes_home::Tickets>,
            ),
        ],
    );
}

/// No other test sells these, for what is left of them is one for the whole program.
#[test]
fn a_sale_that_is_not_the_only_one_is_told() {
    for _ in 0..100 {
        let said = check::<wrong::one_for_all_sales::Tickets>();
        assert_eq!(said, Err("of 1 tickets, 2 were sold".to_owned()));
    }
}

/// These are seen to wait or to turn in a circle, which takes as long as looking does, or on other systems than Linux until a deadline.
/// Their threads never end, and some keep a CPU: hundreds of them in one process would be in each other's way.
#[test]
fn answers_that_wait_for_ever_are_refused() {
    use wrong::*;
    refuses(
        if cfg!(target_os = "linux") { 2 } else { 1 },
        &[
            (
                "waits_with_the_lock",
                "one waits with the interpreter's lock",
                check::<waits_with_the_lock::Tickets>,
            ),
            (
                "locks_twice",
                "nobody is left to wake one",
                check::<locks_twice::Tickets>,
            ),
            (
                "wakes_nobody",
                "nobody is left to wake one",
                check::<wakes_nobody::Tickets>,
            ),
            (
                "spins_with_the_lock",
                "keeps the interpreter's lock",
                check::<spins_with_the_lock::Tickets>,
            ),
            ("never_lowered", "again and again", check::<never_lowered::Tickets>),
        ],
    );
}
