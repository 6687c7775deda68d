//! What the optimiser makes of four million square roots, once if nobody uses
//! them, and once if they are added up.

use std::hint::black_box;

/// Nobody sees the roots, and taking a root has no other effect. So the compiler
/// needn't take any.
#[unsafe(no_mangle)]
pub fn unused() {
    for number in 0..4_000_000_u64 {
        let _root = (number as f64).sqrt();
    }
}

/// The caller sees the sum, and the optimiser doesn't know the numbers.
#[unsafe(no_mangle)]
pub fn used() -> f64 {
    (0..4_000_000_u64).map(|number| (black_box(number) as f64).sqrt()).sum()
}
