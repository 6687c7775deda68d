//! The profile that `cargo run` and `cargo test` build with measures what `--release` would.

use std::hint::black_box;

#[test]
fn a_measured_loop_has_no_overflow_checks_and_no_debug_assertions() {
    assert_eq!(black_box(u8::MAX) + black_box(1), 0);
    debug_assert!(black_box(false), "debug assertions cost time in what is measured");
}
