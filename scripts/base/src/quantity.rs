//! Numbers, as people read them.

use std::fmt;

/// A number in its unit, as people read it: three digits, and a prefix that keeps them before the point.
#[derive(Clone, Copy, Debug)]
pub struct Quantity<'a> {
    /// The number.
    pub value: f64,
    /// Its unit, as recordings name it: `ns`, `bytes` and `bytes/s` are scaled, `%` and `times` get their sign, others stand.
    pub unit: &'a str,
}

impl Quantity<'_> {
    /// The same with no more than `digits` digits that say something: `23 ns`, `1,100 times`, `19 million updates`.
    pub fn rounded(&self, digits: i32) -> String {
        let Self { value, unit } = *self;
        // Rounding before scaling is the same as rounding afterwards, except where a unit's steps aren't powers of ten.
        let step = match unit {
            "bytes" | "bytes/s" => 1024_f64.powi((value.abs().max(1.0).log(1024.0)).floor() as i32),
            _ => 1.0,
        };
        let rounded = to_digits(value / step, digits) * step;
        let text = match unit {
            "%" if rounded.abs() >= 10.0 && rounded < 99.5 => format!("{rounded:.0}\u{a0}%"),
            "ns" | "bytes" | "bytes/s" | "times" | "%" => Quantity { value: rounded, unit }.to_string(),
            _ if rounded.abs() >= 1e6 && rounded.abs() < 1e9 => {
                return format!("{}\u{a0}million\u{a0}{unit}", bare(rounded / 1e6));
            }
            // A count has nothing behind the point.
            _ if rounded.fract() == 0.0 => return Quantity { value: rounded, unit }.to_string(),
            _ => Quantity { value: rounded, unit }.to_string(),
        };
        match text.split_once('\u{a0}') {
            Some((number, unit)) if !number.contains('×') => {
                let number = number.parse().map_or(number.to_owned(), |number: f64| with_digits(number, digits));
                format!("{number}\u{a0}{unit}")
            }
            _ => text,
        }
    }

    /// The same with no zeros behind the point, for axes: `1 µs`.
    pub fn short(&self) -> String {
        without_zeros(self.to_string())
    }
}

/// What a [`Quantity`] says, with no zeros behind the point.
pub fn without_zeros(text: String) -> String {
    match text.split_once('\u{a0}') {
        Some((number, unit)) if number.contains('.') => {
            format!("{}\u{a0}{unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
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
            // A share that is nearly all isn't written as if it were all, nor a small one as if it were nothing.
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
                write!(f, "{sign}{}\u{a0}{unit}", thousands(value.abs().round() as u64))
            }
            _ => write!(f, "{}\u{a0}{unit}", three_digits(value)),
        }
    }
}

/// The word for one of what is counted: `update` for updates, `retry` for retries, `process` for processes.
pub fn singular(unit: &str) -> String {
    match (unit.strip_suffix("ies"), unit.strip_suffix("sses"), unit.strip_suffix('s')) {
        (Some(stem), ..) => format!("{stem}y"),
        (_, Some(stem), _) => format!("{stem}ss"),
        (.., Some(stem)) => stem.to_owned(),
        _ => unit.to_owned(),
    }
}

fn scaled(f: &mut fmt::Formatter<'_>, value: f64, units: &[(f64, &str)]) -> fmt::Result {
    // 999.7 would be written 1000: half a unit in the third digit decides, not the number itself.
    let found = units.iter().find(|(scale, _)| value.abs() >= scale * 0.9995);
    let (scale, unit) = found.or(units.last()).copied().unwrap_or((1.0, ""));
    write!(f, "{}\u{a0}{unit}", three_digits(value / scale))
}

/// A number as people read it in a table, where the column's head says what is counted: a dash if it isn't finite.
pub fn shown(value: f64, unit: &str) -> String {
    match unit {
        _ if !value.is_finite() => "–".to_owned(),
        "ns" | "%" | "bytes" | "bytes/s" => Quantity { value, unit }.to_string().replace('\u{a0}', " "),
        "times" => three_digits(value),
        // From here on not every whole number is an f64, and nobody reads all digits.
        _ if value >= 2_f64.powi(53) => format!("{value:.3e}"),
        _ => thousands(value.max(0.0).round() as u64),
    }
}

/// The number rounded to this many digits, with zeros behind them.
fn to_digits(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    // This goes through text because a computer has no exact number for a power of ten below 1.
    format!("{value:.*e}", (digits - 1).max(0) as usize).parse().unwrap_or(value)
}

/// A number that has been rounded, as people write it: as many digits behind the point as are left, thousands set apart.
fn with_digits(value: f64, digits: i32) -> String {
    let before = value.abs().max(1e-9).log10().floor() as i32 + 1;
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1000.0 => thousands(size.round() as u64),
        _ => format!("{value:.*}", (digits - before).max(0) as usize),
    }
}

/// A number as short as it can be: `1.5`, `20`.
fn bare(value: f64) -> String {
    format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
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
        size if size >= 0.09995 => 3,
        size if size >= 0.009995 => 4,
        _ => 5,
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

/// A whole number with its thousands set apart: `2,000,000`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_nobody_reads_to_its_end_has_few_digits() {
        assert_eq!(shown(2_308_743_493_056.0, "interleavings"), "2,308,743,493,056");
        assert_eq!((shown(4.42e20, "interleavings"), shown(f64::NAN, "ns")), ("4.420e20".to_owned(), "–".to_owned()));
    }

    #[test]
    fn thousands_are_set_apart() {
        let written = [0, 999, 1_000, 1_234_567].map(thousands);
        assert_eq!(written, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_number_is_rounded_to_the_digits_that_say_something() {
        let cases = [
            (15_440.0, "ns", 2, "15 µs"),
            (15_440.0, "ns", 1, "20 µs"),
            (997.0, "ns", 2, "1.0 µs"),
            (0.7312, "ns", 2, "0.73 ns"),
            (9.96, "ns", 2, "10 ns"),
            (18_757_318.0, "updates", 2, "19 million updates"),
            (1_500_000.0, "updates", 2, "1.5 million updates"),
            (251_501.0, "updates", 2, "250,000 updates"),
            (46.9, "%", 2, "47 %"),
            (0.53, "%", 1, "0.5 %"),
            (99.97, "%", 2, "100 %"),
            (833.4, "times", 2, "830 times"),
            (1068.0, "times", 2, "1,100 times"),
            (2.384, "times", 2, "2.4 times"),
            (1.0e15, "times", 2, "1.0 × 10¹⁵ times"),
            (37_000.0, "bytes", 2, "36 KiB"),
            (0.0, "ns", 2, "0 ns"),
        ];
        for (value, unit, digits, text) in cases {
            assert_eq!(Quantity { value, unit }.rounded(digits).replace('\u{a0}', " "), text, "{value} {unit}");
        }
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
            (1.0, "processes", "1 process"),
            (1.0, "of 3", "1 of 3"),
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
            (0.012, "%", "0.0120 %"),
            (0.001_123, "times", "0.00112 times"),
            (0.0281, "times", "0.0281 times"),
            (99.96, "%", "99.96 %"),
            (99.999, "%", "more than 99.99 %"),
            (100.0, "%", "100.0 %"),
        ];
        for (value, unit, text) in cases {
            assert_eq!(Quantity { value, unit }.to_string().replace('\u{a0}', " "), text);
        }
    }
}
