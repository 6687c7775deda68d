//! From launches to a number with its interval.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One launch: a fresh process that measured one point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// The median of the launch's samples.
    pub median: f64,
    /// The lower end of criterion's 95 % interval of that median; the median itself where there was one sample.
    pub lower: f64,
    /// The upper end of the same interval.
    pub upper: f64,
    /// The samples in the order they were taken, each the mean over its iterations; empty where there was one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<f64>,
}

/// A measured number: the median of the launches' medians, and an interval.
///
/// With several launches the interval reaches from the lowest to the highest of their medians. It covers the median of
/// all launches that there could be with a probability of `1 - 2 * 0.5^n`, whatever their distribution: 96.9 % for six
/// launches, 75 % for three. (The interval of the order statistics; H. A. David and H. N. Nagaraja, *Order Statistics*,
/// 3rd edition, section 7.1.) With one launch it is criterion's interval, which describes that launch only.
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
}

/// An interval wider than this share of its value is marked: the machine was busy, or the thing measured has two minds.
pub const WIDE: f64 = 0.25;

impl Estimate {
    /// The estimate from `launches`; nothing from none.
    pub fn of(launches: &[Launch]) -> Option<Self> {
        if let [only] = launches {
            return Some(Self { value: only.median, lower: only.lower, upper: only.upper, launches: 1 });
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
        };
        Some(ratio).filter(Self::is_finite)
    }

    /// Whether the interval is wider than [`WIDE`] says.
    pub fn is_wide(&self) -> bool {
        self.upper - self.lower > WIDE * self.value.abs()
    }

    fn of_medians(mut medians: Vec<f64>) -> Option<Self> {
        medians.sort_unstable_by(f64::total_cmp);
        let (lower, upper) = (*medians.first()?, *medians.last()?);
        Some(Self { value: median(&medians), lower, upper, launches: medians.len() })
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

impl Estimate {
    /// The interval, as people read it: `1.01 to 1.07 ns`, or `in every launch` if it has no width.
    pub fn range(&self, unit: &str) -> String {
        let [lower, upper] = [self.lower, self.upper].map(|value| Quantity { value, unit }.to_string());
        match (lower.split_once('\u{a0}'), upper.split_once('\u{a0}')) {
            _ if lower == upper && self.launches > 1 => "in every launch".to_owned(),
            (Some((number, unit)), Some((_, other))) if unit == other => format!("{number} to {upper}"),
            _ => format!("{lower} to {upper}"),
        }
    }
}

/// A number in its unit, as people read it: three digits, and a prefix that keeps them before the point.
#[derive(Clone, Copy, Debug)]
pub struct Quantity<'a> {
    /// The number.
    pub value: f64,
    /// Its unit, as recordings name it: `ns`, `bytes` and `bytes/s` are scaled, `%` and `times` get their sign, others stand.
    pub unit: &'a str,
}

impl Quantity<'_> {
    /// The same with no zeros behind the point, for axes: `1 µs`.
    pub fn short(&self) -> String {
        let text = self.to_string();
        match text.split_once('\u{a0}') {
            Some((number, unit)) if number.contains('.') => {
                format!("{}\u{a0}{unit}", number.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => text,
        }
    }
}

impl fmt::Display for Quantity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, unit } = *self;
        match unit {
            "ns" => scaled(f, value, &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")]),
            "bytes" if value.fract() == 0.0 && value.abs() < 1024.0 => write!(f, "{value}\u{a0}bytes"),
            "bytes" => {
                let kib = 1024_f64;
                let large =
                    [(4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")].map(|(power, unit)| (kib.powi(power), unit));
                scaled(f, value, &[large.as_slice(), &[(1.0, "bytes")]].concat())
            }
            "bytes/s" => {
                let kib = 1024_f64;
                scaled(f, value, &[(kib.powi(3), "GiB/s"), (kib.powi(2), "MiB/s"), (kib, "KiB/s"), (1.0, "bytes/s")])
            }
            // What isn't all and isn't nothing isn't written as if it were.
            "%" if value > 99.99 && value < 100.0 => write!(f, "more than 99.99\u{a0}%"),
            "%" if value > 99.94 && value < 100.0 => write!(f, "{value:.2}\u{a0}%"),
            "%" if value != 0.0 && value.abs() < 0.0995 || value.abs() >= 1e6 => {
                write!(f, "{}\u{a0}%", three_digits(value))
            }
            "%" => write!(f, "{value:.1}\u{a0}%"),
            "times" => write!(f, "{}\u{a0}times", three_digits(value)),
            _ if value == 1.0 => write!(f, "1\u{a0}{}", singular(unit)),
            // A count; its median may lie halfway between two.
            _ if (value.fract() == 0.0 || value.abs() >= 1000.0) && value.abs() < 1e9 => {
                let sign = if value < 0.0 { "−" } else { "" };
                write!(f, "{sign}{}\u{a0}{unit}", lab::report::thousands(value.abs().round() as u64))
            }
            _ => write!(f, "{}\u{a0}{unit}", three_digits(value)),
        }
    }
}

/// The word for one of what is counted: `update` for updates, `retry` for retries.
fn singular(unit: &str) -> String {
    match (unit.strip_suffix("ies"), unit.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) => stem.to_owned(),
        (None, None) => unit.to_owned(),
    }
}

fn scaled(f: &mut fmt::Formatter<'_>, value: f64, units: &[(f64, &str)]) -> fmt::Result {
    // 999.7 would be written 1000: half a unit in the third digit decides, not the number itself.
    let found = units.iter().find(|(scale, _)| value.abs() >= scale * 0.9995);
    let (scale, unit) = found.or(units.last()).copied().unwrap_or((1.0, ""));
    write!(f, "{}\u{a0}{unit}", three_digits(value / scale))
}

/// Three significant digits: 0.513, 1.03, 15.4, 231, 1068; far from 1 as `2.31 × 10¹²`.
pub fn three_digits(value: f64) -> String {
    if value != 0.0 && !(0.0005..1e6).contains(&value.abs()) {
        return scientific(value);
    }
    let decimals = match value.abs() {
        size if size == 0.0 || size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

/// Three digits and a power of ten: `2.31 × 10¹²`.
pub fn scientific(value: f64) -> String {
    // Rust rounds first and then counts the digits: 9.999e5 becomes 1.00e6.
    let text = format!("{value:.2e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    format!("{digits}\u{a0}×\u{a0}10{}", power.chars().map(raised).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launches(medians: &[f64]) -> Vec<Launch> {
        let launch = |&median| Launch { median, lower: median * 0.9, upper: median * 1.1, samples: Vec::new() };
        medians.iter().map(launch).collect()
    }

    #[test]
    fn the_interval_spans_the_launches_medians() {
        let estimate = Estimate::of(&launches(&[3.0, 1.0, 2.0, 10.0])).unwrap();
        assert_eq!(estimate, Estimate { value: 2.5, lower: 1.0, upper: 10.0, launches: 4 });
        assert!(estimate.is_wide());
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn one_launch_has_criterions_interval() {
        let estimate = Estimate::of(&launches(&[10.0])).unwrap();
        assert_eq!(estimate, Estimate { value: 10.0, lower: 9.0, upper: 11.0, launches: 1 });
    }

    #[test]
    fn a_ratio_is_taken_launch_by_launch() {
        // Each launch is disturbed by another factor; the ratio is not.
        let ratio = Estimate::ratio(&launches(&[10.0, 20.0, 40.0]), &launches(&[5.0, 10.0, 20.0])).unwrap();
        assert_eq!(ratio, Estimate { value: 2.0, lower: 2.0, upper: 2.0, launches: 3 });
        let ratio = Estimate::ratio(&launches(&[10.0, 20.0]), &launches(&[5.0])).unwrap();
        assert_eq!((ratio.value, ratio.launches), (3.0, 1));
        assert!(ratio.lower < 2.0 && ratio.upper > 4.0);
        assert_eq!(Estimate::ratio(&launches(&[1.0, 1.0]), &launches(&[0.0, 0.0])), None);
    }

    #[test]
    fn a_range_names_its_unit_once() {
        let range = |lower, upper, launches| {
            Estimate { value: lower, lower, upper, launches }.range("ns").replace('\u{a0}', " ")
        };
        assert_eq!(range(1.0, 2.5, 6), "1.00 to 2.50 ns");
        assert_eq!(range(999.0, 1001.0, 6), "999 ns to 1.00 µs");
        assert_eq!(range(2.0e30, 3.0e30, 6), "2.00 to 3.00 × 10²¹ s");
        assert_eq!(range(2.0, 2.0, 6), "in every launch");
        assert_eq!(range(2.0, 2.0, 1), "2.00 to 2.00 ns");
    }

    #[test]
    fn quantities_are_read_with_three_digits() {
        let cases = [
            (1.0344, "ns", "1.03 ns"),
            (0.5139, "ns", "0.514 ns"),
            (999.7, "ns", "1.00 µs"),
            (15_440.0, "ns", "15.4 µs"),
            (2.5e9, "ns", "2.50 s"),
            (0.0, "ns", "0 ns"),
            (46.04, "%", "46.0 %"),
            (251_501.0, "updates", "251,501 updates"),
            (1.0, "updates", "1 update"),
            (1.0, "retries", "1 retry"),
            (1.0, "of 1", "1 of 1"),
            (-3.0, "updates", "−3 updates"),
            (990_670.5, "updates", "990,671 updates"),
            (64.0, "bytes", "64 bytes"),
            (64.5, "bytes", "64.5 bytes"),
            (2048.0, "bytes", "2.00 KiB"),
            (512.0, "bytes/s", "512 bytes/s"),
            (1.0, "bytes/s", "1.00 bytes/s"),
            (2048.0, "bytes/s", "2.00 KiB/s"),
            (3.0 * 1024_f64.powi(3), "bytes/s", "3.00 GiB/s"),
            (4.975, "times", "4.97 times"),
            (2_308_743_493_056.0, "interleavings", "2.31 × 10¹² interleavings"),
            (999_999_999.0, "interleavings", "999,999,999 interleavings"),
            (1e9, "interleavings", "1.00 × 10⁹ interleavings"),
            (7.7359e12, "times", "7.74 × 10¹² times"),
            (0.000_012, "times", "1.20 × 10⁻⁵ times"),
            (3.0 * 1024_f64.powi(4), "bytes", "3.00 TiB"),
            (0.0, "%", "0.0 %"),
            (0.012, "%", "0.012 %"),
            (99.96, "%", "99.96 %"),
            (99.999, "%", "more than 99.99 %"),
            (100.0, "%", "100.0 %"),
        ];
        for (value, unit, text) in cases {
            assert_eq!(Quantity { value, unit }.to_string().replace('\u{a0}', " "), text);
        }
    }
}
