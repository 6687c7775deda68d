//! Reads command lines: whole numbers in a range, help that fits a terminal, and errors of one line.

use std::io::{self, Write};
use std::ops::RangeInclusive;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Parser};

use crate::quantity::thousands;

/// A whole number, with or without commas between its thousands: `1000000` or `1,000,000`.
pub fn number(text: &str) -> Option<u64> {
    let number = text.replace(',', "").parse().ok()?;
    (!text.contains(',') || thousands(number) == text).then_some(number)
}

/// A reader of whole numbers in this range, for clap's `value_parser`. Its error says which numbers are right.
pub fn whole<N: TryFrom<u64>>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = number(text).filter(|number| range.contains(number));
        let number = number.and_then(|number| N::try_from(number).ok());
        number.ok_or_else(|| range_in_words(*range.start(), *range.end()))
    }
}

/// What to give for a number that must lie in a range.
pub fn range_in_words(least: u64, most: u64) -> String {
    format!("give a whole number from {} to {}", thousands(least), thousands(most))
}

/// Parses a tool's command line. `--help` prints help and exits with 0; a wrong value gets one line on stderr and exit
/// code 2.
pub fn parse<A: Parser>() -> A {
    let mut command = with_narrow_help(A::command());
    let given = command.try_get_matches_from_mut(std::env::args_os());
    let parsed = given.and_then(|given| A::from_arg_matches(&given).map_err(|error| error.format(&mut command)));
    parsed.unwrap_or_else(|error| end(&error, 2))
}

/// Wraps a command's help at 80 columns, and at fewer in a narrower terminal.
pub fn with_narrow_help(command: Command) -> Command {
    command.max_term_width(80)
}

/// Ends the program as the command line asks: with help, or with one line on stderr and exit code 2. If the help can't be
/// printed, the exit code is `unprinted`.
pub fn end(error: &clap::Error, unprinted: i32) -> ! {
    if error.use_stderr() {
        let _ = writeln!(io::stderr(), "{}", complaint(error));
        std::process::exit(2);
    }
    std::process::exit(match error.print() {
        // A reader that closes the pipe early, such as `head`, has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "error: can't write to stdout: {error}; send it elsewhere");
            unprinted
        }
        _ => 0,
    })
}

/// Makes one line of clap's message, which has several: what is wrong, what would be right, and where to read more.
pub fn complaint(error: &clap::Error) -> String {
    // The first paragraph says what is wrong. The ones behind it are tips and the usage.
    let message = error.to_string();
    let said: Vec<&str> = message.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let said = said.join(" ");
    let (wrong, right) = said
        .split_once(" [possible values: ")
        .map_or((&said[..], None), |(wrong, right)| (wrong, Some(right.trim_end_matches(']'))));
    let wrong = if error.kind() == ErrorKind::UnknownArgument { wrong.trim_end_matches(" found") } else { wrong };
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedValue, ContextKind::SuggestedSubcommand];
    let near = near.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(near) => Some(near),
        ContextValue::Strings(near) => near.first(),
        _ => None,
    });
    let advice = match (near, right) {
        (Some(near), _) => format!("; did you mean '{near}'?"),
        (None, Some(right)) => format!("; give one of {right}"),
        (None, None) => String::new(),
    };
    harmless(&format!("{wrong}{advice} (--help tells more)"))
}

/// A line without control characters, which a terminal might obey.
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

    fn complaint_of(words: &[&str]) -> String {
        let words = std::iter::once("test").chain(words.iter().copied());
        complaint(&Test::try_parse_from(words).unwrap_err())
    }

    #[test]
    fn a_wrong_value_gets_one_line_that_names_it_and_what_is_right() {
        for value in ["0", "x", "-1", "1025", "100000", "1.5", "", "18446744073709551616"] {
            let line = complaint_of(&["--workers", value]);
            assert!(!line.contains('\n'), "{line}");
            assert!(line.contains("--workers"), "{line}");
            assert!(line.contains("from 1 to 1,024"), "{line}");
        }
        let numbers = ["1000000", "1,000,000", "1,5", "10,00", "1,000,", "+7", "-1"].map(number);
        assert_eq!(numbers, [Some(1_000_000), Some(1_000_000), None, None, None, Some(7), None]);
        assert!(!complaint_of(&["--side", "\x1b[31m\n"]).contains(char::is_control));
        let line = complaint_of(&["--side", "x"]);
        assert_eq!(line, "error: invalid value 'x' for '--side <SIDE>'; give one of left, right (--help tells more)");
    }

    #[test]
    fn a_near_name_is_proposed_and_no_other_tip_is_given() {
        let lines = [["--side", "lift"], ["--wokrers", "2"], ["--bogus", "2"]].map(|words| complaint_of(&words));
        assert_eq!(
            lines,
            [
                "error: invalid value 'lift' for '--side <SIDE>'; did you mean 'left'? (--help tells more)",
                "error: unexpected argument '--wokrers'; did you mean '--workers'? (--help tells more)",
                "error: unexpected argument '--bogus' (--help tells more)",
            ]
        );
    }
}
