//! The repair exercise: change `task.rs` until `cargo test -p interleavings --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes right answers, and catches the task and wrong ones.

mod check;
mod solution;
mod task;

mod right {
    pub(crate) mod gate;
    pub(crate) mod given_back_early;
    pub(crate) mod hand_over_hand;
    pub(crate) mod one_lock;
    pub(crate) mod other_names;
}

mod wrong {
    pub(crate) mod a_lock_for_each_worker;
    pub(crate) mod a_third_worker;
    pub(crate) mod both_turned_round;
    pub(crate) mod gate_behind_the_first_lock;
    pub(crate) mod gate_for_one_worker;
    pub(crate) mod gate_given_back_too_early;
    pub(crate) mod given_back_before_it_is_taken;
    pub(crate) mod in_one_step;
    pub(crate) mod inner_locks_left_out;
    pub(crate) mod kept_though_nobody_wants_it;
    pub(crate) mod load_and_store_apart;
    pub(crate) mod loaded_before_the_lock;
    pub(crate) mod memories_of_their_own;
    pub(crate) mod never_given_back;
    pub(crate) mod no_locks;
    pub(crate) mod one_lock_around_half;
    pub(crate) mod one_worker_does_it_all;
    pub(crate) mod steps_in_another_order;
    pub(crate) mod taken_twice;
    pub(crate) mod unlocked_before_the_store;
    pub(crate) mod unlocked_in_the_other_order;
}

use check::check;
use testing::exercise::{accepts, refuses};

#[test]
#[ignore = "the reader's exercise: it fails until task.rs is repaired"]
fn every_interleaving_ends_with_both_sums_right() {
    if let Err(what) = check(&task::program()) {
        panic!("{what}; repair `program` in exercise/task.rs");
    }
}

#[test]
fn the_unrepaired_task_is_caught() {
    let said = check(&task::program()).err();
    let said = said.expect("this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
    assert!(said.contains("A waits for the lock b, which B holds; B waits for the lock a, which A holds"), "{said}");
    let way = "the way there: A lock a, A load x, A add 1, A store x, B lock b, B load y, B add 1, B store y";
    assert!(said.ends_with(way), "{said}");
}

#[test]
fn right_answers_pass() {
    accepts(
        100,
        &[
            ("solution", || check(&solution::program())),
            ("solution, in one order", || check(&solution::program_in_one_order())),
            ("gate", || check(&right::gate::program())),
            ("given back early", || check(&right::given_back_early::program())),
            ("hand over hand", || check(&right::hand_over_hand::program())),
            ("one lock", || check(&right::one_lock::program())),
            ("other names", || check(&right::other_names::program())),
        ],
    );
}

/// Each is explored, so that what is wrong with it is proved and no matter of luck.
#[test]
#[rustfmt::skip]
fn wrong_answers_are_caught() {
    const CYCLE: &str = "A waits for the lock b, which B holds; B waits for the lock a, which A holds";
    refuses(100, &[
        ("a lock for each worker", "x ends at 1", || check(&wrong::a_lock_for_each_worker::program())),
        ("a third worker", "there are 3 workers now", || check(&wrong::a_third_worker::program())),
        ("both turned round", "A waits for the lock a, which B holds", || check(&wrong::both_turned_round::program())),
        ("gate behind the first lock", "waits for the lock c, which", || check(&wrong::gate_behind_the_first_lock::program())),
        ("gate for one worker", CYCLE, || check(&wrong::gate_for_one_worker::program())),
        ("gate given back too early", CYCLE, || check(&wrong::gate_given_back_too_early::program())),
        ("given back before it's taken", "B doesn't hold a there", || check(&wrong::given_back_before_it_is_taken::program())),
        ("in one step", "put them back", || check(&wrong::in_one_step::program())),
        ("inner locks left out", "x ends at 1", || check(&wrong::inner_locks_left_out::program())),
        ("kept though nobody wants it", "A never gives back the lock c", || check(&wrong::kept_though_nobody_wants_it::program())),
        ("load and store apart", "x ends at 1", || check(&wrong::load_and_store_apart::program())),
        ("loaded before the lock", "x ends at 1", || check(&wrong::loaded_before_the_lock::program())),
        ("memories of their own", "let them share it", || check(&wrong::memories_of_their_own::program())),
        ("never given back", "B waits for the lock b, which A holds", || check(&wrong::never_given_back::program())),
        ("no locks", "ends at 1", || check(&wrong::no_locks::program())),
        ("one lock around half", "x ends at 1", || check(&wrong::one_lock_around_half::program())),
        ("one worker does it all", "put them back", || check(&wrong::one_worker_does_it_all::program())),
        ("steps in another order", "put them back", || check(&wrong::steps_in_another_order::program())),
        ("taken twice", "A waits for the lock a, which it holds itself", || check(&wrong::taken_twice::program())),
        ("unlocked before the store", "ends at 1", || check(&wrong::unlocked_before_the_store::program())),
        ("unlocked in the other order", CYCLE, || check(&wrong::unlocked_in_the_other_order::program())),
    ]);
}
