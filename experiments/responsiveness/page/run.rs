//! What is computed beside the ticks, in a browser. `work.rs` is what the terminal runs.

#[path = "../../lab/src/work.rs"]
#[rustfmt::skip]
#[expect(dead_code, reason = "the page draws no Mandelbrot set")]
mod work;

use crate::calls::give;

give! {
    /// Computes for some tens of microseconds.
    fn compute_some(_place: (), _worker, roots: u32) -> f64 {
        work::square_roots(0..roots.into())
    }
}
