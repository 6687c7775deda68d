//! The repair exercise: make this pass by changing `task.rs`.
//!
//! Run `cargo test -p false-sharing --test exercise`. A plain `cargo test` leaves it out.

mod check;
mod task;

#[test]
fn workers_write_to_lines_of_their_own() {
    if let Err(what) = check::check::<task::Statistics>() {
        panic!("{what}; repair `Statistics` in exercise/task.rs");
    }
}
