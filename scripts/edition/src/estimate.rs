//! From launches to a number with its interval.

use base::modes::Modes;
use base::quantity::Quantity;
use serde::{Deserialize, Serialize};

use crate::said::between;

/// One launch: a fresh process that measured one point. In a file it is a number where it has no width, otherwise its median
/// with the ends of its interval: `[6.8, 6.7, 6.9]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Launch {
    /// The median of the launch's samples.
    pub median: f64,
    /// The lower end of criterion's 95 % interval of that median; the median itself where there was one sample.
    pub lower: f64,
    /// The upper end of the same interval.
    pub upper: f64,
}

/// How a launch stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "a launch is a number, or three of them: its median and the ends of its interval")]
enum Written {
    Number(f64),
    Interval([f64; 3]),
}

impl From<Written> for Launch {
    fn from(written: Written) -> Self {
        match written {
            Written::Number(median) => Self::exact(median),
            Written::Interval([median, lower, upper]) => Self { median, lower, upper },
        }
    }
}

impl From<Launch> for Written {
    fn from(Launch { median, lower, upper }: Launch) -> Self {
        if lower == median && median == upper { Self::Number(median) } else { Self::Interval([median, lower, upper]) }
    }
}

impl Launch {
    /// A launch that gave one number.
    pub fn exact(median: f64) -> Self {
        Self { median, lower: median, upper: median }
    }
}

/// A measured number: the median of the launches' medians, and an interval.
///
/// With up to seven launches the interval reaches from the lowest to the highest of their medians; from eight on, from the second
/// lowest to the second highest, so that one odd launch to either side does no harm. It covers the median of all launches
/// that there could be, whatever their distribution, with a probability of `1 - 2 * 0.5^n`, and without the outermost two
/// `1 - 2 * (n + 1) * 0.5^n`: 93.8 % for five launches, 96.1 % for nine. (The interval of the order statistics;
/// H. A. David and H. N. Nagaraja, *Order Statistics*, 3rd edition, section 7.1.) With one launch it is criterion's interval, which
/// describes that launch only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The median of the launches' medians.
    pub value: f64,
    /// The lower end of the interval.
    pub lower: f64,
    /// The upper end of the interval.
    pub upper: f64,
    /// How many launches it rests on.
    pub launches: usize,
    /// Whether it came out the same in all of them, those too that the interval leaves out.
    pub is_same: bool,
    /// The two modes of the samples, if they have two. The value then lies between them, and is not shown.
    pub modes: Option<Modes>,
}

/// From this many launches on, the interval leaves out the lowest and the highest.
const ENOUGH: usize = 8;

/// An interval wider than this share of its value is marked: the machine was busy, or the thing measured has two minds.
pub const WIDE: f64 = 0.25;

impl Estimate {
    /// The estimate from `launches`; nothing from none.
    pub fn of(launches: &[Launch]) -> Option<Self> {
        if let [only] = launches {
            let Launch { median: value, lower, upper } = *only;
            return Some(Self { value, lower, upper, launches: 1, is_same: true, modes: None });
        }
        Self::of_medians(launches.iter().map(|launch| launch.median).collect())
    }

    /// The ratio of two points, launch by launch where both have as many: what disturbs a launch disturbs both.
    /// Otherwise, and with one launch, it is [`Estimate::unpaired`].
    pub fn ratio(over: &[Launch], under: &[Launch]) -> Option<Self> {
        if over.len() == under.len() && over.len() > 1 {
            let ratios = over.iter().zip(under).map(|(over, under)| over.median / under.median).collect();
            return Self::of_medians(ratios).filter(Self::is_finite);
        }
        Self::unpaired(Self::of(over)?, Self::of(under)?)
    }

    /// The ratio of two estimates whose launches have nothing in common: its ends are the smallest and the largest that the
    /// two intervals allow. Nothing where they allow any.
    pub fn unpaired(over: Self, under: Self) -> Option<Self> {
        // Across 0 a quotient has no bounds.
        if under.lower <= 0.0 && under.upper >= 0.0 {
            return None;
        }
        let ends =
            [over.lower / under.lower, over.lower / under.upper, over.upper / under.lower, over.upper / under.upper];
        let ratio = Self {
            value: over.value / under.value,
            lower: ends.into_iter().fold(f64::INFINITY, f64::min),
            upper: ends.into_iter().fold(f64::NEG_INFINITY, f64::max),
            launches: over.launches.min(under.launches),
            is_same: over.is_same && under.is_same,
            modes: None,
        };
        Some(ratio).filter(Self::is_finite)
    }

    /// Whether the interval is wider than [`WIDE`] says. What has two modes isn't wide: it has two values.
    pub fn is_wide(&self) -> bool {
        self.modes.is_none() && self.upper - self.lower > WIDE * self.value.abs()
    }

    /// The same with these modes; its interval then holds both.
    #[must_use]
    pub fn with(self, modes: Option<Modes>) -> Self {
        let [lower, upper] = modes.map_or([self.lower, self.upper], |modes| modes.values);
        Self { lower: self.lower.min(lower), upper: self.upper.max(upper), modes, ..self }
    }

    /// The interval, as people read it: `1.01 to 1.07 ns`, or `in every launch` if it has no width, `in nearly every launch` if one that
    /// it leaves out gave something else.
    pub fn range(&self, unit: &str) -> String {
        if self.lower == self.upper && self.launches > 1 {
            return if self.is_same { "in every launch" } else { "in nearly every launch" }.to_owned();
        }
        between([self.lower, self.upper].map(|value| Quantity { value, unit }.to_string()), "to")
    }

    fn of_medians(mut medians: Vec<f64>) -> Option<Self> {
        medians.sort_unstable_by(f64::total_cmp);
        let left_out = usize::from(medians.len() >= ENOUGH);
        let (lower, upper) = (*medians.get(left_out)?, *medians.get(medians.len().checked_sub(1 + left_out)?)?);
        let is_same = medians.first() == medians.last();
        Some(Self { value: median(&medians), lower, upper, launches: medians.len(), is_same, modes: None })
    }

    fn is_finite(&self) -> bool {
        [self.value, self.lower, self.upper].iter().all(|number| number.is_finite())
    }
}

/// The median of numbers in order: the middle one, or the mean of the two in the middle.
fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { f64::midpoint(sorted[half - 1], sorted[half]) } else { sorted[half] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launches(medians: &[f64]) -> Vec<Launch> {
        let launch = |&median| Launch { median, lower: median * 0.9, upper: median * 1.1 };
        medians.iter().map(launch).collect()
    }

    #[test]
    fn a_launch_is_as_short_as_it_can_be() {
        for (launch, text) in
            [(Launch::exact(2.0), "2.0"), (Launch { median: 2.0, lower: 1.5, upper: 2.5 }, "[2.0,1.5,2.5]")]
        {
            assert_eq!(serde_json::to_string(&launch).unwrap(), text);
            assert_eq!(serde_json::from_str::<Launch>(text).unwrap(), launch);
        }
        assert!(serde_json::from_str::<Launch>("[2.0]").unwrap_err().to_string().contains("a launch is a number"));
    }

    #[test]
    fn the_interval_spans_the_launches_medians() {
        let estimate = Estimate::of(&launches(&[3.0, 1.0, 2.0, 10.0])).unwrap();
        assert_eq!(
            estimate,
            Estimate { value: 2.5, lower: 1.0, upper: 10.0, launches: 4, is_same: false, modes: None }
        );
        assert!(estimate.is_wide());
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn of_many_launches_the_outermost_are_left_out() {
        let of = |medians: &[f64]| Estimate::of(&launches(medians)).map(|e| (e.lower, e.value, e.upper)).unwrap();
        assert_eq!(of(&[1.0, 5.0, 5.0, 6.0, 6.0, 6.0, 99.0]), (1.0, 6.0, 99.0));
        assert_eq!(of(&[1.0, 5.0, 5.0, 6.0, 6.0, 6.0, 7.0, 99.0]), (5.0, 6.0, 7.0));
        let but_for_one = Estimate::of(&launches(&[[0.0; 8].as_slice(), &[1.0]].concat())).unwrap();
        assert_eq!(but_for_one.range("updates"), "in nearly every launch");
    }

    #[test]
    fn one_launch_has_criterions_interval() {
        let estimate = Estimate::of(&launches(&[10.0])).unwrap();
        assert_eq!(
            estimate,
            Estimate { value: 10.0, lower: 9.0, upper: 11.0, launches: 1, is_same: true, modes: None }
        );
    }

    #[test]
    fn a_ratio_is_taken_launch_by_launch() {
        // Each launch is disturbed by another factor; the ratio is not.
        let ratio = Estimate::ratio(&launches(&[10.0, 20.0, 40.0]), &launches(&[5.0, 10.0, 20.0])).unwrap();
        assert_eq!(ratio, Estimate { value: 2.0, lower: 2.0, upper: 2.0, launches: 3, is_same: true, modes: None });
        let ratio = Estimate::ratio(&launches(&[10.0, 20.0]), &launches(&[5.0])).unwrap();
        assert_eq!((ratio.value, ratio.launches), (3.0, 1));
        assert!(ratio.lower < 2.0 && ratio.upper > 4.0);
        assert_eq!(Estimate::ratio(&launches(&[1.0, 1.0]), &launches(&[0.0, 0.0])), None);
    }

    #[test]
    fn a_range_names_its_unit_once() {
        let range = |lower, upper, launches| {
            Estimate { value: lower, lower, upper, launches, is_same: true, modes: None }
                .range("ns")
                .replace('\u{a0}', " ")
        };
        assert_eq!(range(1.0, 2.5, 6), "1.00 to 2.50 ns");
        assert_eq!(range(999.0, 1001.0, 6), "999 ns to 1.00 µs");
        assert_eq!(range(2.0e30, 3.0e30, 6), "2.00 to 3.00 × 10²¹ s");
        assert_eq!(range(2.0, 2.0, 6), "in every launch");
        assert_eq!(range(2.0, 2.0, 1), "2.00 to 2.00 ns");
    }
}
