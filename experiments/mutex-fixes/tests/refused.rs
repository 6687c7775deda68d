//! The compiler refuses the programs for the reasons that the chapter gives.

use testing::rustc_refuses;

#[test]
fn a_value_that_outlives_its_lock_and_a_lock_that_moves_to_another_thread_are_refused()
 {
    rustc_refuses(env!("CARGO_MANIFEST_DIR"), "refused/keep.rs", "E0505");
    rustc_refuses(env!("CARGO_MANIFEST_DIR"), "refused/hand-over.rs", "E0277");
}
