//! Whether measurements have two modes: two values that they gather at, with little between.
//!
//! The test is that of excess mass: D. W. Müller and G. Sawitzki, *Excess Mass Estimates and Tests for Multimodality*,
//! Journal of the American Statistical Association 86 (1991). It asks how much more of the sample two intervals can hold than
//! one, if every interval pays for its length. Its statistic is twice the dip of J. A. Hartigan and P. M. Hartigan, *The Dip
//! Test of Unimodality*, The Annals of Statistics 13 (1985), and as there the uniform distribution is what it is judged against.
//!
//! Samples of one process resemble each other, so many of them count for less: for as many as are independent, by the *design
//! effect* of L. Kish, *Survey Sampling* (1965).

/// Two values that measurements gather at, the lower one first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Modes {
    /// The median of the lower ones, and the median of the upper ones.
    pub values: [f64; 2],
    /// The lowest and the highest of each.
    pub ranges: [[f64; 2]; 2],
    /// The share of the lower ones among all, from 0 to 1.
    pub lower_share: f64,
}

/// Two modes count only if their distance is more than this share of the lower one: less makes no difference to a reader.
const APART: f64 = 0.25;

/// Fewer than this share of the measurements make no mode: they are a few outliers.
const LEAST_SHARE: f64 = 0.15;

/// How many costs of length are tried, from one at which an interval holds all to one at which it holds next to nothing.
const COSTS: i32 = 48;

/// Of this many independent measurements from a uniform distribution, one sample in a hundred has more excess mass than this.
/// From 100,000 samples each.
const CRITICAL: [(f64, f64); 9] = [
    (5.0, 0.392),
    (6.0, 0.377),
    (9.0, 0.323),
    (12.0, 0.292),
    (20.0, 0.235),
    (40.0, 0.172),
    (80.0, 0.125),
    (160.0, 0.0883),
    (320.0, 0.0594),
];

/// The two modes of what several processes measured, each process several times or once. Nothing if there are fewer than
/// five independent measurements, if one mode explains them as well, or if the two modes are too near to matter.
pub fn modes(processes: &[Vec<f64>]) -> Option<Modes> {
    let mut all: Vec<f64> = processes.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    all.sort_unstable_by(f64::total_cmp);
    let independent = all.len() as f64 / design_effect(processes, all.len());
    let (excess, gap) = excess_mass(&all)?;
    if excess <= critical(independent)? {
        return None;
    }
    let (lower, upper) = all.split_at(gap);
    let (share, values) = (lower.len() as f64 / all.len() as f64, [lower, upper].map(middle));
    let is_apart = values[1] - values[0] > APART * values[0].abs();
    let ranges = [lower, upper].map(|part| [part[0], part[part.len() - 1]]);
    let is_told = is_apart && (LEAST_SHARE..=1.0 - LEAST_SHARE).contains(&share);
    is_told.then_some(Modes { values, ranges, lower_share: share })
}

/// How much more of a sorted sample two intervals hold than one, as a share of the sample, at that cost of length where the
/// difference is greatest; and where the gap between the two lies. Nothing if all values are equal.
fn excess_mass(sorted: &[f64]) -> Option<(f64, usize)> {
    let length = sorted.last()? - sorted.first()?;
    if length <= 0.0 {
        return None;
    }
    let costs = (0..COSTS).map(|step| 0.25 * 1.15_f64.powi(step) / length);
    costs.map(|cost| gain(sorted, cost)).max_by(|a, b| a.0.total_cmp(&b.0))
}

/// What the second of two intervals brings where length costs so much, and where the gap between the two lies.
fn gain(sorted: &[f64], cost: f64) -> (f64, usize) {
    const NOTHING: (f64, usize) = (f64::NEG_INFINITY, 0);
    let of_one = 1.0 / sorted.len() as f64;
    let better = |a: (f64, usize), b: (f64, usize)| if a.0 >= b.0 { a } else { b };
    // The best so far inside of one interval, behind it, and inside of the second of two; then the best with all of them
    // ended.
    let (mut first, mut behind, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY, NOTHING);
    let (mut one, mut two) = (0.0_f64, NOTHING);
    for (at, value) in sorted.iter().enumerate() {
        let step = if at == 0 { 0.0 } else { cost * (value - sorted[at - 1]) };
        behind = behind.max(first);
        second = better((second.0 - step + of_one, second.1), (behind + of_one, at));
        first = (first - step).max(0.0) + of_one;
        (one, two) = (one.max(first), better(two, second));
    }
    (two.0 - one, two.1)
}

/// How many measurements count as one: 1 if those of one process resemble each other no more than those of different
/// processes do, and all of a process if they are the same. From the variance within processes and between them.
fn design_effect(processes: &[Vec<f64>], all: usize) -> f64 {
    let groups = processes.len() as f64;
    let each = all as f64 / groups;
    if each <= 1.0 || groups < 2.0 {
        return 1.0;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let means: Vec<f64> = processes.iter().filter(|one| !one.is_empty()).map(|one| mean(one)).collect();
    let of_all = mean(&means);
    let between = each * means.iter().map(|one| (one - of_all).powi(2)).sum::<f64>() / (groups - 1.0);
    let square = |(one, mean): (&Vec<f64>, &f64)| one.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let within = processes.iter().zip(&means).map(square).sum::<f64>() / (all as f64 - groups);
    let resemblance = (between - within) / (between + (each - 1.0) * within);
    if resemblance.is_finite() { 1.0 + (each - 1.0) * resemblance.clamp(0.0, 1.0) } else { 1.0 }
}

/// The excess mass that this many independent measurements of one mode hardly ever have. Nothing for too few.
fn critical(independent: f64) -> Option<f64> {
    // The statistic falls with the root of the number, so the interpolation between two rows of the table is over roots.
    let scaled = |(number, excess): (f64, f64)| (number.sqrt(), excess * number.sqrt());
    let [least, .., most] = CRITICAL;
    let root = independent.min(most.0).sqrt();
    let near = CRITICAL.windows(2).map(|two| (scaled(two[0]), scaled(two[1]))).find(|(_, more)| root <= more.0)?;
    let ((from, low), (to, high)) = near;
    (independent >= least.0).then(|| (low + (high - low) * (root - from) / (to - from)) / independent.sqrt())
}

fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { f64::midpoint(sorted[half - 1], sorted[half]) } else { sorted[half] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This many processes, each with this many measurements, which `of` makes of the process's number.
    fn measured(processes: usize, each: usize, mut of: impl FnMut(usize) -> f64) -> Vec<Vec<f64>> {
        (0..processes).map(|process| (0..each).map(|_| of(process)).collect()).collect()
    }

    fn normal(random: &mut fastrand::Rng) -> f64 {
        (0..12).map(|_| random.f64()).sum::<f64>() - 6.0
    }

    #[test]
    fn two_values_with_little_between_are_two_modes() {
        let mut random = fastrand::Rng::with_seed(1);
        // In every process now one and now the other, and in some processes one, in some the other.
        let mixed = measured(6, 20, |_| if random.bool() { 10.0 } else { 17.0 } + 0.3 * normal(&mut random));
        let mut random = fastrand::Rng::with_seed(2);
        let apart = measured(9, 20, |process| if process < 4 { 10.0 } else { 17.0 } + 0.3 * normal(&mut random));
        for (samples, share) in [(mixed, 0.4..0.6), (apart, 0.44..0.45)] {
            let found = modes(&samples).unwrap();
            assert!((found.values[0] - 10.0).abs() < 0.3 && (found.values[1] - 17.0).abs() < 0.3, "{found:?}");
            assert!(share.contains(&found.lower_share), "{found:?}");
            assert!(found.ranges[0][1] < 12.0 && found.ranges[1][0] > 15.0, "{found:?}");
        }
        let once = [0.42, 0.43, 0.41, 0.44, 0.75, 0.74, 0.76, 0.77, 0.75].map(|value| vec![value]);
        assert_eq!(modes(&once).unwrap().values, [0.425, 0.75]);
    }

    #[test]
    fn one_value_however_spread_has_one_mode() {
        let mut random = fastrand::Rng::with_seed(3);
        assert_eq!(modes(&measured(6, 20, |_| 10.0 + normal(&mut random))), None);
        assert_eq!(modes(&measured(6, 20, |_| 7.0)), None);
        // Two that are too near to matter, too few that lie apart, and too few measurements.
        assert_eq!(modes(&measured(9, 10, |process| if process < 4 { 10.0 } else { 12.0 })), None);
        assert_eq!(modes(&measured(9, 10, |process| if process < 1 { 10.0 } else { 20.0 })), None);
        assert_eq!(modes(&measured(4, 1, |process| if process < 2 { 10.0 } else { 20.0 })), None);
        assert_eq!(modes(&[]), None);
    }

    #[test]
    fn processes_that_each_have_a_value_of_their_own_are_no_modes() {
        // Every process measures the same again and again, but each another value.
        let spread = measured(9, 20, |process| 10.0 + process as f64);
        assert_eq!(modes(&spread), None);
    }

    #[test]
    fn one_sample_of_one_mode_in_a_hundred_is_taken_for_two() {
        for (number, _) in [CRITICAL[1], CRITICAL[2], CRITICAL[5]] {
            let mut random = fastrand::Rng::with_seed(4);
            let samples = (0..2000).filter(|_| {
                let mut sample: Vec<f64> = (0..number as usize).map(|_| random.f64()).collect();
                sample.sort_unstable_by(f64::total_cmp);
                excess_mass(&sample).unwrap().0 > critical(number).unwrap()
            });
            let share = samples.count() as f64 / 2000.0;
            assert!((0.004..0.02).contains(&share), "{number}: {share}");
        }
    }

    #[test]
    fn between_two_numbers_of_the_table_the_critical_value_lies_between_theirs() {
        assert_eq!(critical(4.9), None);
        assert_eq!(critical(5.0), Some(CRITICAL[0].1));
        assert!((critical(80.0).unwrap() - 0.125).abs() < 1e-9);
        let between = critical(30.0).unwrap();
        assert!(0.172 < between && between < 0.235, "{between}");
        assert!((critical(1280.0).unwrap() - 0.0594 / 2.0).abs() < 1e-9);
    }
}
