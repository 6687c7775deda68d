//! The repair exercise: change `task.rs` until `cargo test -p shared-counter --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and catches the task and wrong ones.

mod check;
mod solution;
mod task;
mod right {
    pub(crate) mod found_again;
    pub(crate) mod given_back;
}
mod wrong {
    pub(crate) mod below_zero;
    pub(crate) mod exchange_ignored;
    pub(crate) mod given_up;
    pub(crate) mod looked_twice;
    pub(crate) mod stops_at_zero;
    pub(crate) mod strongest_ordering;
    pub(crate) mod swapped;
    pub(crate) mod taken_in_one_step;
}

/// Where `sell` finds its atomics: loom's, with what the standard library has since.
mod sync {
    pub(crate) mod atomic {
        use std::ops::Deref;

        pub(crate) use loom::sync::atomic::Ordering;

        #[derive(Debug)]
        pub(crate) struct AtomicU64(loom::sync::atomic::AtomicU64);

        impl AtomicU64 {
            pub(crate) fn new(value: u64) -> Self {
                Self(loom::sync::atomic::AtomicU64::new(value))
            }

            pub(crate) fn try_update(
                &self,
                success: Ordering,
                failure: Ordering,
                update: impl FnMut(u64) -> Option<u64>,
            ) -> Result<u64, u64> {
                self.0.fetch_update(success, failure, update)
            }
        }

        impl Deref for AtomicU64 {
            type Target = loom::sync::atomic::AtomicU64;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    }
}

use check::check;
use testing::exercise::{accepts, refuses, some_times};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn each_seat_is_sold_once() {
    if let Err(what) = check(task::sell) {
        panic!("{what}; repair `sell` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(task::sell).err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert_eq!(said, "there was 1 seat, and 2 workers sold 2, each of whom tried once");
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
        ],
    );
}

#[test]
fn wrong_answers_are_refused_and_told_why() {
    let two = "there was 1 seat, and 2 workers sold 2";
    refuses(
        some_times(),
        &[
            ("below_zero", "one worker alone sold", || check(wrong::below_zero::sell)),
            ("exchange_ignored", two, || check(wrong::exchange_ignored::sell)),
            ("given_up", "there were 2 seats, and 2 workers sold 1", || check(wrong::given_up::sell)),
            ("looked_twice", two, || check(wrong::looked_twice::sell)),
            ("stops_at_zero", "there were 5 seats, and one worker alone sold", || check(wrong::stops_at_zero::sell)),
            ("strongest_ordering", two, || check(wrong::strongest_ordering::sell)),
            ("swapped", "there were 2 seats, and 2 workers sold 3 tickets", || check(wrong::swapped::sell)),
            ("taken_in_one_step", two, || check(wrong::taken_in_one_step::sell)),
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
