//! The repair exercise: change `task.rs` until `cargo test -p false-sharing --test exercise -- --ignored` passes.
//!
//! The other tests say that it's worth doing: its check passes the solution, and catches the task and half-done repairs.

mod check;
mod solution;
mod task;

use std::sync::atomic::AtomicU64;

use check::{PerWorker, check};

#[test]
#[ignore = "it fails until task.rs is repaired"]
fn workers_write_to_lines_of_their_own() {
    if let Err(what) = check::<task::Statistics>() {
        panic!("{what}; repair `Statistics` in exercise/task.rs");
    }
}

#[test]
fn the_solution_passes() {
    assert_eq!(check::<solution::Statistics>(), Ok(()));
}

#[test]
fn the_unrepaired_task_is_caught() {
    let caught = check::<task::Statistics>().is_err();
    assert!(caught, "this test expects exercise/task.rs unrepaired; yours passes the check, so it is repaired");
}

/// Half-done repairs, each with words of what is wrong.
macro_rules! half_done {
    ($test:ident, $says:literal, $(#[$layout:meta])* { $($padding:ident: [u64; $words:literal])? }) => {
        #[test]
        fn $test() {
            #[derive(Default)]
            $(#[$layout])*
            struct Statistics {
                answered: AtomicU64,
                $($padding: [u64; $words],)?
                refused: AtomicU64,
            }
            impl PerWorker for Statistics {
                fn answered(&self) -> &AtomicU64 {
                    $(assert_eq!(self.$padding, [0; $words]);)?
                    &self.answered
                }
                fn refused(&self) -> &AtomicU64 {
                    &self.refused
                }
            }
            let said = check::<Statistics>().unwrap_err();
            assert!(said.contains($says), "{said}");
        }
    };
}

half_done!(
    one_line_of_a_pair_is_caught,
    "lie within one block",
    #[repr(align(64))]
    {}
);
half_done!(padding_without_alignment_is_caught, "lie within one block", #[repr(C)] { padding: [u64; 14] });
half_done!(
    a_page_for_each_is_caught,
    "take 4096 bytes, and 128 are enough",
    #[repr(align(4096))]
    {}
);
