//! What one more unit costs: the slope of the cost over the number of units.

use std::fmt;

use lab::median;
use lab::report::shown;

/// The slope through these points, by Theil's and Sen's method: the median of the slopes of all pairs. A point may be far off,
/// since another program took or gave back memory at that moment. Such a point hardly moves the median; with least squares it
/// would pull the line along. Not a number if no two points lie apart.
///
/// Sources: H. Theil, *A rank-invariant method of linear and polynomial regression analysis*, 1950; P. K. Sen, *Estimates of
/// the Regression Coefficient Based on Kendall's Tau*, 1968.
pub fn slope(points: impl Iterator<Item = (usize, f64)>) -> f64 {
    let points: Vec<(usize, f64)> = points.collect();
    let after = |number: usize| points[number + 1..].iter();
    let pairs = points.iter().enumerate().flat_map(|(number, first)| {
        after(number).map(move |second| (first, second))
    });
    let apart = pairs.filter(|(first, second)| first.0 != second.0);
    median(apart.map(|(first, second)| {
        (second.1 - first.1) / (second.0 as f64 - first.0 as f64)
    }))
}

/// The median of several rounds, in bytes, and how far the rounds lie apart.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// The value in the middle.
    pub median: f64,
    /// The lowest and the highest value. If n rounds don't depend on each other, the true median lies outside in one of
    /// 2^(n-1) cases: with 7 rounds it lies between them in 98 %.
    pub ends: [f64; 2],
}

impl Spread {
    /// Of these values, at least one.
    pub fn of(values: &[f64]) -> Self {
        let all = || values.iter().copied();
        Self {
            median: median(all()),
            ends: [all().fold(f64::MAX, f64::min), all().fold(f64::MIN, f64::max)],
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, low, high] = [self.median, self.ends[0], self.ends[1]]
            .map(|number| shown(number, "bytes"));
        match low == high {
            true => write!(f, "{median}"),
            false => write!(f, "{median} ({low} to {high})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope_and_one_point_far_off_changes_little() {
        let line: Vec<(usize, f64)> =
            (0..8).map(|n| (10 * n, 500.0 + 30.0 * n as f64)).collect();
        assert_eq!(slope(line.iter().copied()), 3.0);
        let mut disturbed = line;
        disturbed[5].1 += 1e6;
        assert_eq!(slope(disturbed.into_iter()), 3.0);
        assert!(slope([(3, 7.0), (3, 9.0)].into_iter()).is_nan());
        assert_eq!(
            Spread::of(&[3072.0, 1024.0, 4096.0]).to_string(),
            "3.00 KiB (1.00 KiB to 4.00 KiB)"
        );
        assert_eq!(Spread::of(&[3072.0]).to_string(), "3.00 KiB");
    }
}
