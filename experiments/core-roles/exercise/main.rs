//! The repair exercise: make this pass by changing `task.rs`.
//!
//! Run `cargo test -p core-roles --test exercise`. A plain `cargo test` leaves it out.

mod check;
mod task;

#[test]
fn nobody_idles_and_nothing_urgent_waits_for_the_bulk() {
    if let Err(what) = check::check::<task::Queues>() {
        panic!("{what}; repair `Queues` in exercise/task.rs");
    }
}
