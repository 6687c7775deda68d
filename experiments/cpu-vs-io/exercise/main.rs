//! The repair exercise: make this pass by changing `task.rs`.
//!
//! Run `cargo test -p cpu-vs-io --test exercise`. A plain `cargo test` leaves it out.

mod check;
mod task;

#[test]
fn all_questions_are_asked_before_any_is_answered() {
    if let Err(what) = check::check(task::ask_all) {
        panic!("{what}; repair `ask_all` in exercise/task.rs");
    }
}
