//! Estimates, as people say them: as precisely as their intervals allow.

use base::quantity::Quantity;

use crate::estimate::Estimate;

/// Up to this spread, the interval's length divided by the value, three digits say something.
const NARROW: f64 = 0.05;

/// Up to this one two do; beyond it only the interval itself.
const MEDIUM: f64 = 0.2;

/// Shares that have a name, and the name.
const SHARES: [(f64, &str); 12] = [
    (3.0 / 4.0, "three quarters"),
    (2.0 / 3.0, "two thirds"),
    (1.0 / 2.0, "half"),
    (1.0 / 3.0, "a third"),
    (1.0 / 4.0, "a quarter"),
    (1.0 / 5.0, "a fifth"),
    (1.0 / 6.0, "a sixth"),
    (1.0 / 7.0, "a seventh"),
    (1.0 / 8.0, "an eighth"),
    (1.0 / 9.0, "a ninth"),
    (1.0 / 10.0, "a tenth"),
    (1.0 / 20.0, "a twentieth"),
];

impl Estimate {
    /// The value in its unit, with all digits that are shown anywhere: `23.1 ns`; of two modes both, `0.423 or 0.751 ns`.
    pub fn exact(&self, unit: &str) -> String {
        match self.modes {
            Some(modes) => between(modes.values.map(|value| Quantity { value, unit }.to_string()), "or"),
            None => Quantity { value: self.value, unit }.to_string(),
        }
    }

    /// The value in its unit, as precisely as the interval allows: `23.1 ns`, `23 ns`, or `12 to 60 ns`; of two modes both.
    pub fn said(&self, unit: &str) -> String {
        if let Some(modes) = self.modes {
            return between(modes.values.map(|value| Quantity { value, unit }.rounded(2)), "or");
        }
        let exact = Quantity { value: self.value, unit };
        match self.spread() {
            _ if self.lower == self.upper => exact.to_string(),
            spread if spread < NARROW => match unit {
                "ns" | "bytes" | "bytes/s" | "%" | "times" => exact.to_string(),
                _ => exact.rounded(3),
            },
            spread if spread < MEDIUM => self.rounded(2, unit),
            _ => self.ends(unit),
        }
    }

    /// A ratio, with the words that follow it, such as `as long`: `2.4 times as long`, `about half as long`, `about as long`, `57 % as
    /// long`, or, where the interval is wide, `0.7 to 1.4 times as long`.
    pub fn ratio_said(&self, words: &str) -> String {
        let with = |said: &str| if words.is_empty() { said.to_owned() } else { format!("{said} {words}") };
        let times = |digits: Option<i32>| {
            let value = Quantity { value: self.value, unit: "times" };
            digits.map_or_else(|| value.to_string(), |digits| self.rounded(digits, "times"))
        };
        let said = match self.spread() {
            _ if self.lower == self.upper => times(None),
            spread if spread >= MEDIUM => self.ends("times"),
            _ if self.lower > 0.9 && self.upper < 1.1 => "about".to_owned(),
            _ if (self.value - 2.0).abs() < 0.1 => "about twice".to_owned(),
            spread => match SHARES.iter().find(|(share, _)| (self.value / share - 1.0).abs() < 0.05) {
                Some((_, name)) => format!("about {name}"),
                None if self.value < 0.95 => self.times(100.0).rounded(2, "%"),
                None => times(Some(if spread < NARROW { 3 } else { 2 })),
            },
        };
        match (&said[..], words) {
            ("about", "") => "about the same".to_owned(),
            _ => with(&said),
        }
    }

    /// The same in a unit of which this many make one.
    fn times(&self, many: f64) -> Self {
        Self { value: self.value * many, lower: self.lower * many, upper: self.upper * many, ..*self }
    }

    /// How long the interval is, divided by the value.
    pub fn spread(&self) -> f64 {
        if self.lower == self.upper { 0.0 } else { (self.upper - self.lower) / self.value.abs() }
    }

    /// The value with this many digits, or with as many more as it takes to lie in its interval.
    fn rounded(&self, least: i32, unit: &str) -> String {
        let shown = |value, digits| Quantity { value, unit }.rounded(digits);
        let [lower, upper] = [self.lower, self.upper].map(|end| number(&shown(end, MOST)));
        let is_within = |digits: &i32| {
            let value = number(&shown(self.value, *digits));
            // An end in another unit is far away.
            (value.1 != lower.1 || lower.0 <= value.0) && (value.1 != upper.1 || value.0 <= upper.0)
        };
        shown(self.value, (least..MOST).find(is_within).unwrap_or(MOST))
    }

    /// The interval's ends, as precisely as they differ: `12 to 60 ns`. What rounding moves an end by is at most a third of its length.
    fn ends(&self, unit: &str) -> String {
        // A lower end of fewer places before the point has as many behind it.
        let places = |value: f64| value.abs().log10().floor();
        let fewer = (places(self.upper) - places(self.lower)).clamp(0.0, 4.0) as i32;
        let shown = |value, digits| Quantity { value, unit }.rounded(digits);
        let ends = |digits: i32| [shown(self.lower, (digits - fewer).max(2)), shown(self.upper, digits)];
        let is_close = |digits: &i32| {
            let shown = ends(*digits).map(|end| number(&end));
            let exact = ends(MOST).map(|end| number(&end));
            let length = exact[1].0 - exact[0].0;
            let moved = |end: usize| (shown[end].0 - exact[end].0).abs() <= length / 3.0;
            exact[0].1 != exact[1].1 || shown[0].1 != shown[1].1 || moved(0) && moved(1)
        };
        between(ends((2..MOST).find(is_close).unwrap_or(MOST)), "to")
    }
}

/// As many digits as are ever shown.
const MOST: i32 = 6;

/// The number and the unit of a quantity in words.
fn number(said: &str) -> (f64, String) {
    let end = said.find(|c: char| !(c.is_ascii_digit() || ".,-".contains(c))).unwrap_or(said.len());
    (said[..end].replace(',', "").parse().unwrap_or(f64::NAN), said[end..].to_owned())
}

/// Two quantities with a word between them, and their unit once if it's the same.
pub(crate) fn between([lower, upper]: [String; 2], word: &str) -> String {
    match (lower.split_once('\u{a0}'), upper.split_once('\u{a0}')) {
        (Some((number, unit)), Some((_, other))) if unit == other => format!("{number} {word} {upper}"),
        _ => format!("{lower} {word} {upper}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::modes::modes;

    fn estimate([lower, value, upper]: [f64; 3]) -> Estimate {
        Estimate { value, lower, upper, launches: 6, is_same: false, modes: None }
    }

    #[test]
    fn a_value_is_as_precise_as_its_interval() {
        let cases = [
            ([23.0, 23.1, 23.4], "ns", "23.1 ns"),
            ([21.5, 23.1, 24.9], "ns", "23 ns"),
            ([12.2, 23.1, 59.7], "ns", "12 to 60 ns"),
            // With two digits it would lie outside.
            ([12_200.0, 12_500.0, 12_900.0], "ns", "12.5 µs"),
            ([142_336.0, 150_016.0, 150_528.0], "bytes", "146 KiB"),
            ([880.0, 990.0, 1210.0], "ns", "880 ns to 1.2 µs"),
            ([15_060_000.0, 18_757_318.0, 20_220_000.0], "updates", "15 to 20 million updates"),
            ([18_500_000.0, 18_757_318.0, 19_000_000.0], "updates", "18.8 million updates"),
            ([18_757_318.0; 3], "updates", "18,757,318 updates"),
            ([37.6, 46.9, 50.6], "%", "38 to 51 %"),
            ([0.0, 0.0, 0.0], "ns", "0 ns"),
            ([0.0, 0.0, 3.0], "updates", "0 to 3 updates"),
        ];
        for (ends, unit, said) in cases {
            assert_eq!(estimate(ends).said(unit).replace('\u{a0}', " "), said, "{ends:?}");
        }
    }

    #[test]
    fn of_two_modes_both_are_said_and_never_what_lies_between() {
        let samples = [[0.42; 5], [0.75; 5]].concat();
        let estimate = estimate([0.5, 0.6, 0.7]).with(modes(&[samples]));
        assert_eq!(estimate.said("ns").replace('\u{a0}', " "), "0.42 or 0.75 ns");
        assert_eq!(estimate.exact("ns").replace('\u{a0}', " "), "0.420 or 0.750 ns");
        assert!((estimate.lower, estimate.upper) == (0.42, 0.75) && !estimate.is_wide());
    }

    #[test]
    fn a_ratio_is_said_as_people_say_it_and_shows_its_interval() {
        let cases = [
            ([2.3, 2.38, 2.47], "as long", "2.4 times as long"),
            ([2.36, 2.38, 2.41], "as long", "2.38 times as long"),
            ([1.95, 1.98, 2.02], "as fast", "about twice as fast"),
            ([0.49, 0.503, 0.52], "as long", "about half as long"),
            ([0.115, 0.119, 0.13], "as long", "about an eighth as long"),
            ([0.96, 0.97, 1.03], "as long", "about as long"),
            ([1.06, 1.11, 1.14], "as long", "1.1 times as long"),
            ([0.96, 0.97, 1.03], "", "about the same"),
            ([0.86, 0.885, 0.93], "as long", "88 % as long"),
            ([0.728, 0.98, 1.37], "as long", "0.73 to 1.4 times as long"),
            ([657.0, 833.0, 1099.0], "as long", "660 to 1,100 times as long"),
            ([4.0; 3], "as many", "4.00 times as many"),
        ];
        for (ends, words, said) in cases {
            assert_eq!(estimate(ends).ratio_said(words).replace('\u{a0}', " "), said, "{ends:?}");
        }
    }
}
