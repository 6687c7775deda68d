//! A flag's range, as its type.

use std::fmt;
use std::str::FromStr;

/// A whole number from `LEAST` to `MOST`. Whatever else is given, it says what to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const LEAST: u64, const MOST: u64, N = u64>(pub N);

impl<const LEAST: u64, const MOST: u64, N: TryFrom<u64>> FromStr for Whole<LEAST, MOST, N> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
        let number = number.and_then(|number| N::try_from(number).ok());
        number.map(Self).ok_or_else(|| format!("give a whole number from {LEAST} to {MOST}"))
    }
}

impl<const LEAST: u64, const MOST: u64, N: fmt::Display> fmt::Display for Whole<LEAST, MOST, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_out_of_its_range_is_told_the_range() {
        type Pages = Whole<16, 16_384, u16>;
        assert_eq!(["16", "16384"].map(str::parse), [Ok(Whole(16)), Ok::<Pages, _>(Whole(16_384))]);
        for wrong in ["15", "16385", "-1", "1.5", "", "x", "18446744073709551616"] {
            assert_eq!(wrong.parse::<Pages>(), Err("give a whole number from 16 to 16384".to_owned()), "{wrong:?}");
        }
        assert_eq!("300".parse::<Whole<0, 1000, u8>>(), Err("give a whole number from 0 to 1000".to_owned()));
    }
}
