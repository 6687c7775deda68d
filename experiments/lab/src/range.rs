//! The range of a flag's value, as a type.

use std::fmt;
use std::str::FromStr;

use base::arguments;

/// A whole number from `LEAST` to `MOST`, with or without commas between its thousands. Its error says what to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const LEAST: u64, const MOST: u64, N = u64>(pub N);

impl<const LEAST: u64, const MOST: u64, N: TryFrom<u64>> FromStr for Whole<LEAST, MOST, N> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = arguments::number(text).filter(|number| (LEAST..=MOST).contains(number));
        let number = number.and_then(|number| N::try_from(number).ok());
        number.map(Self).ok_or_else(|| arguments::range_in_words(LEAST, MOST))
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
        assert_eq!("16,384".parse(), Ok::<Pages, _>(Whole(16_384)));
        for wrong in ["15", "16385", "-1", "1.5", "", "x", "18446744073709551616", "163,84"] {
            assert_eq!(wrong.parse::<Pages>(), Err("give a whole number from 16 to 16,384".to_owned()), "{wrong:?}");
        }
        assert_eq!("300".parse::<Whole<0, 1000, u8>>(), Err("give a whole number from 0 to 1,000".to_owned()));
    }
}
