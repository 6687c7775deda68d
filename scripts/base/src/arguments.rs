//! Reads command lines: whole numbers in a range, and errors of one line.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use clap::Parser;

/// A reader of whole numbers in this range, for clap's `value_parser`; whatever else is given, it says what to give.
pub fn whole<N: TryFrom<u64>>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let number = number.and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| format!("give a whole number from {} to {}", range.start(), range.end()))
    }
}

/// Parses the command line. `--help` prints help and exits with 0; a wrong value gets one line on stderr and exit code 2.
pub fn parse<A: Parser>() -> A {
    A::try_parse().unwrap_or_else(|error| end(&error))
}

/// Ends the program as the command line asks: with help, or with what is wrong with it.
pub fn end(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        // A closed pipe is the only way that this fails, and then nobody reads help.
        let _ = error.print();
        std::process::exit(0);
    }
    let _ = writeln!(io::stderr(), "{}", one_line(&error.to_string()));
    std::process::exit(2);
}

/// Folds clap's message, which takes several lines, into one: what is wrong, and what would be right.
pub fn one_line(message: &str) -> String {
    let said: Vec<&str> = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .collect();
    harmless(&format!("{} (--help tells more)", said.join(" ")))
}

/// A line with nothing in it that a terminal obeys.
pub fn harmless(line: &str) -> String {
    line.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Parser)]
    #[command(name = "test")]
    struct Test {
        #[arg(long, value_parser = whole::<usize>(1..=1024), allow_negative_numbers = true)]
        workers: usize,
        #[arg(long, value_parser = ["left", "right"])]
        side: Option<String>,
    }

    fn complaint(words: &[&str]) -> String {
        let words = std::iter::once("test").chain(words.iter().copied());
        one_line(&Test::try_parse_from(words).unwrap_err().to_string())
    }

    #[test]
    fn a_wrong_value_gets_one_line_that_names_it_and_what_is_right() {
        for value in ["0", "x", "-1", "1025", "100000", "1.5", "", "18446744073709551616"] {
            let line = complaint(&["--workers", value]);
            assert!(!line.contains('\n'), "{line}");
            assert!(line.contains("--workers"), "{line}");
            assert!(line.contains("from 1 to 1024"), "{line}");
        }
        assert!(!complaint(&["--side", "\x1b[31m\n"]).contains(char::is_control));
        let line = complaint(&["--side", "lift"]);
        assert!(line.contains("left, right") && !line.contains('\n'), "{line}");
    }
}
