//! The repair exercise: make this pass by changing `task.rs`.
//!
//! Run `cargo test -p catching-it --test exercise`. A plain `cargo test` leaves it out.

mod check;
mod task;

/// Where the letter finds its atomics: loom's.
mod sync {
    pub(crate) use loom::sync::atomic;
}

#[test]
fn who_finds_the_flag_up_finds_the_letter() {
    if let Err(what) = check::check((task::send, task::read)) {
        panic!("{what}; repair `send` and `read` in exercise/task.rs");
    }
}
