//! Takes the one number from what a program printed.

use anyhow::{Context, Result, bail, ensure};
use base::outcome::Outcome;
use edition::json;

/// How a program's output is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The outcome of this metric among the JSON Lines of an experiment. There must be exactly one.
    Outcome(&'static str),
    /// The number that stands alone on this line, from 0: the programs in `c` print one thing a line.
    Line(usize),
    /// What `perf bench sched pipe` takes for an operation, which is a round trip.
    Perf,
}

impl Reads {
    /// The number, in `unit`.
    ///
    /// # Errors
    /// The text isn't what such a program prints, or what it says was measured can't have been.
    pub fn number(self, text: &str, unit: &str) -> Result<f64> {
        let number = match self {
            Self::Outcome(metric) => outcome(text, metric, unit),
            Self::Line(line) => text.lines().nth(line).and_then(|line| line.trim().parse().ok()).with_context(|| {
                format!("it printed no number on line {}: {:?}", line + 1, text.lines().nth(line).unwrap_or_default())
            }),
            Self::Perf => perf(text),
        }?;
        ensure!(number > 0.0 && number.is_finite(), "it printed {number}, which can't have been measured");
        Ok(number)
    }
}

fn outcome(text: &str, metric: &str, unit: &str) -> Result<f64> {
    let read = |line| json::parse(line).with_context(|| format!("it printed, not an outcome: {line}"));
    let outcomes = text.lines().map(read).collect::<Result<Vec<Outcome>>>()?;
    let mut found = outcomes.iter().filter(|outcome| outcome.metric == metric);
    match (found.next(), found.count()) {
        (None, _) => bail!("it printed no outcome of the metric {metric}"),
        (Some(one), 0) if one.unit == unit => Ok(one.value),
        (Some(one), 0) => bail!("it printed {metric} in {}, not in {unit}", one.unit),
        (Some(_), more) => bail!("it printed {} outcomes of the metric {metric}, not one", more + 1),
    }
}

/// perf prints the time of an operation in µs, or, where the machine is slow, in ms; and with `-f simple` the seconds that
/// all of them took, which isn't asked for.
fn perf(text: &str) -> Result<f64> {
    let found = text.lines().find_map(|line| {
        let (number, unit) = line.trim().split_once(char::is_whitespace)?;
        let scale = match unit.trim() {
            "nsecs/op" => 1.0,
            "usecs/op" => 1e3,
            "msecs/op" => 1e6,
            _ => return None,
        };
        Some(number.parse::<f64>().ok()? * scale)
    });
    found.with_context(|| {
        format!("it printed no `usecs/op`: {:?}", text.lines().rfind(|line| !line.is_empty()).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As versions 4 and 5 of perf print it, with more room and blank lines than version 6.
    const PERF: &str = "# Running sched/pipe benchmark...
# Executed 1000000 pipe operations between two processes

     Total time: 8.147 [sec]

       8.147138 usecs/op
         122742 ops/sec

";

    fn line(metric: &str, unit: &str, value: &str) -> String {
        format!(
            r#"{{"experiment":"e","variant":"v","parameter":"p","metric":"{metric}","unit":"{unit}","value":{value}}}"#
        )
    }

    #[test]
    fn numbers_are_found_in_what_programs_print() {
        let lines = format!("{}\n{}\n", line("cost", "ns", "12.5"), line("rss", "bytes", "4096"));
        let cases = [
            (Reads::Perf, PERF, "ns", 8147.138),
            (Reads::Perf, "       4.303610 usecs/op\n         232363 ops/sec\n", "ns", 4303.61),
            (Reads::Perf, "  1.5 msecs/op", "ns", 1.5e6),
            (Reads::Line(1), "16720.0\n2097152\n", "bytes", 2_097_152.0),
            (Reads::Outcome("cost"), &lines, "ns", 12.5),
        ];
        for (reads, text, unit, number) in cases {
            let read = reads.number(text, unit).unwrap();
            assert!((read - number).abs() < 1e-6, "{reads:?}: {read}");
        }
    }

    #[test]
    fn what_is_no_such_output_is_told_in_one_line() {
        let one = line("cost", "ns", "12.5");
        let cases = [
            (Reads::Perf, "# Running\n     Total time: 0.430 [sec]\n\n", "\"     Total time: 0.430 [sec]\""),
            (Reads::Perf, "x usecs/op", "no `usecs/op`"),
            (Reads::Perf, "0.0 usecs/op", "can't have been measured"),
            (Reads::Line(1), "1\nmany\n", "no number on line 2: \"many\""),
            (Reads::Line(0), "nan\n", "can't have been measured"),
            (Reads::Line(0), "inf\n", "can't have been measured"),
            (Reads::Outcome("cost"), "", "no outcome of the metric cost"),
            (Reads::Outcome("cost"), &one[..one.len() / 2], "not an outcome: {"),
            (Reads::Outcome("cost"), &format!("{one}\n{one}\n"), "2 outcomes of the metric cost, not one"),
            (Reads::Outcome("cost"), &line("cost", "s", "1"), "cost in s, not in ns"),
            (Reads::Outcome("cost"), &line("cost", "ns", "-1"), "can't have been measured"),
        ];
        for (reads, text, complaint) in cases {
            let error = format!("{:#}", reads.number(text, "ns").unwrap_err());
            assert!(error.contains(complaint) && !error.contains('\n'), "{reads:?} {text:?}: {error}");
        }
    }
}
