//! Work that several experiments divide among workers: the computation in the texts that we judge, and a real one.

use std::hint::black_box;
use std::ops::Range;

/// Takes the square root of each of these numbers, and returns their sum.
///
/// In a compiled language, a loop whose roots nobody uses measures nothing, since the optimiser takes the roots out. Here
/// each root goes into a sum that is returned. The numbers are hidden from the optimiser, so it can't compute the sum when
/// it compiles this either.
pub fn square_roots(numbers: Range<u64>) -> f64 {
    numbers.map(|number| (black_box(number) as f64).sqrt()).sum()
}

/// The most iterations for one point of [`mandelbrot_row`].
pub const ITERATIONS: u32 = 500;

/// Computes a row of a picture of the Mandelbrot set, `size` by `size` points, and returns how many iterations all points of
/// the row took together, at most [`ITERATIONS`] each. Rows through the middle take the most iterations, and the first and
/// the last row hardly any. So the load is real and uneven, and it's known only afterwards.
///
/// The picture reaches from -2 - 1.5 *i* to 1 + 1.5 *i*. Source: `z ← z² + c` from 0, until `|z| > 2`.
///
/// # Panics
/// When the picture has no such row: rows go from 0 to `size` - 1.
pub fn mandelbrot_row(row: usize, size: usize) -> u64 {
    assert!(row < size, "there is no row {row} among {size}");
    let place = |step: usize, from: f64| from + 3.0 * (step as f64 + 0.5) / size as f64;
    (0..size).map(|column| u64::from(iterations(place(column, -2.0), place(row, -1.5)))).sum()
}

fn iterations(real: f64, imaginary: f64) -> u32 {
    let (mut x, mut y) = (0.0, 0.0);
    for done in 0..ITERATIONS {
        let (squared_x, squared_y) = (x * x, y * y);
        if squared_x + squared_y > 4.0 {
            return done;
        }
        (x, y) = (squared_x - squared_y + real, 2.0 * x * y + imaginary);
    }
    ITERATIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_added_up() {
        assert_eq!(square_roots(0..5), 1.0 + 2f64.sqrt() + 3f64.sqrt() + 2.0);
        assert_eq!(square_roots(7..7), 0.0);
    }

    #[test]
    fn points_of_the_set_take_all_iterations_and_others_fewer() {
        assert_eq!((iterations(0.0, 0.0), iterations(-1.0, 0.0)), (ITERATIONS, ITERATIONS));
        assert_eq!((iterations(2.0, 2.0), iterations(1.0, 0.0)), (1, 3));
    }

    #[test]
    fn the_picture_is_symmetric_and_its_middle_takes_the_most() {
        let rows: Vec<u64> = (0..64).map(|row| mandelbrot_row(row, 64)).collect();
        assert!(rows.iter().eq(rows.iter().rev()), "{rows:?}");
        assert!(rows[31] > 20 * rows[0], "{rows:?}");
    }
}
