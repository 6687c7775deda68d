//! What the optimiser makes of four million square roots: of those that nobody
//! uses, and of those that are added up.

use std::hint::black_box;

/// Nobody sees the roots, and to take one does nothing else: so none needs to be
/// taken.
#[unsafe(no_mangle)]
pub fn unused() {
    for number in 0..4_000_000_u64 {
        let _root = (number as f64).sqrt();
    }
}

/// Somebody sees the sum, and the optimiser doesn't know the numbers.
#[unsafe(no_mangle)]
pub fn used() -> f64 {
    (0..4_000_000_u64).map(|number| (black_box(number) as f64).sqrt()).sum()
}
