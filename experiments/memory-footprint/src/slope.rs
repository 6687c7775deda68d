//! What one more costs: the slope of a cost over how many there are.

/// The slope through these points, by Theil's and Sen's method: the median of the slopes of all pairs. A point that is far
/// off, since somebody else took or gave back memory just then, moves it little; with least squares it would pull the
/// line along. Zero where there are no two points apart.
///
/// Sources: H. Theil, *A rank-invariant method of linear and polynomial regression analysis*, 1950; P. K. Sen, *Estimates of
/// the Regression Coefficient Based on Kendall's Tau*, 1968.
pub fn slope(points: &[(usize, f64)]) -> f64 {
    let after = |number: usize| points[number + 1..].iter();
    let pairs = points.iter().enumerate().flat_map(|(number, first)| after(number).map(move |second| (first, second)));
    let slopes = pairs.filter(|(first, second)| first.0 != second.0);
    let slopes = slopes.map(|(first, second)| (second.1 - first.1) / (second.0 as f64 - first.0 as f64));
    Spread::of(slopes.collect()).median
}

/// The median of several rounds' values, and how far they lie apart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// The lowest.
    pub lowest: f64,
    /// The one in the middle, or the mean of the two there.
    pub median: f64,
    /// The highest. Of rounds that don't depend on each other, the true median lies between the lowest and the highest in
    /// all but one of 2^(n-1) cases: with 7 rounds, 98 %.
    pub highest: f64,
}

impl Spread {
    /// Of these values; all zero where there are none.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let (Some(&lowest), Some(&highest)) = (values.first(), values.last()) else { return Self::default() };
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 };
        Self { lowest, median, highest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope_and_one_point_far_off_changes_little() {
        let line: Vec<(usize, f64)> = (0..8).map(|n| (10 * n, 500.0 + 30.0 * n as f64)).collect();
        assert_eq!(slope(&line), 3.0);
        let mut disturbed = line.clone();
        disturbed[5].1 += 1e6;
        assert_eq!(slope(&disturbed), 3.0);
    }

    #[test]
    fn without_two_points_apart_there_is_no_slope() {
        assert_eq!(slope(&[]), 0.0);
        assert_eq!(slope(&[(3, 7.0), (3, 9.0)]), 0.0);
    }

    #[test]
    fn a_spread_goes_from_the_lowest_to_the_highest() {
        let spread = Spread::of(vec![3.0, 1.0, 4.0, 2.0]);
        assert_eq!(spread, Spread { lowest: 1.0, median: 2.5, highest: 4.0 });
    }
}
