//! Results: a table with small bars for people, and JSON Lines for programs.

use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};
use std::path::Path;

use base::files::write_as_asked;
pub use base::outcome::Outcome;
pub use base::quantity::{shown, thousands};
pub use base::telling::print;
use rustix::io::Errno;

/// What an experiment found: lines for the table, outcomes for `--json`, and sentences below the table.
#[derive(Clone, Debug, Default)]
pub struct Report {
    experiment: String,
    /// Why the times of this run can't be compared.
    doubts: Vec<String>,
    /// Whether something was run, and all of it is as it should be.
    pub(crate) is_right: bool,
    head: Vec<String>,
    lines: Vec<Line>,
    outcomes: Vec<Outcome>,
    closing: Vec<String>,
    quoted: String,
    /// What was left out, and why.
    left_out: Vec<(String, String)>,
    /// What this machine lacks, and why; that is no failure.
    not_here: Vec<(String, String)>,
}

/// A line of the table. Each cell says which column it stands in. A column for which the line has no cell gets a dash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) cells: Vec<Cell>,
    /// How long the bar is, from 0 to 1; if this isn't set, the bar shows the last number.
    pub(crate) bar: Option<f64>,
}

/// The cell of a line below a column's head.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    column: String,
    text: String,
    /// The number, if the cell has one, and whether it is in percent.
    number: Option<(bool, f64)>,
    /// Whether the number is a count that doesn't depend on how busy the machine is.
    is_count: bool,
}

impl Line {
    /// A line that tells of a variant.
    pub(crate) fn new(variant: &str) -> Self {
        Self { cells: vec![Cell::words("variant", variant)], bar: None }
    }
}

impl Cell {
    /// A number below its metric, whose hyphens become spaces.
    pub(crate) fn number(metric: &str, unit: &str, value: f64) -> Self {
        let number = value.is_finite().then_some((unit == "%", value));
        let is_count = !["ns", "times", "%", "bytes/s", "switches", "sleeps"].contains(&unit);
        Self { column: metric.replace('-', " "), text: shown(value, unit), number, is_count }
    }

    /// Words below a head.
    pub(crate) fn words(column: &str, words: impl Into<String>) -> Self {
        Self { column: column.to_owned(), text: words.into(), number: None, is_count: false }
    }
}

/// What stands in an empty cell.
const DASH: &str = "–";

/// The longest bar, in characters.
const BAR: usize = 24;

impl Report {
    /// What is written, for an error.
    pub(crate) const IN_WORDS: &str = "the results";

    /// The report of an experiment, by its slug. The table has the columns that its lines name, in the order in which the lines
    /// first name them. The first column is set left, the others right. If the terminal is too narrow for all columns, those
    /// between the first and the last are left out, beginning with the second.
    pub fn new(experiment: &str) -> Self {
        Self { experiment: experiment.to_owned(), ..Self::default() }
    }

    /// Adds a line to the table, unless the line tells nothing of its variant.
    pub(crate) fn line(&mut self, line: Line) {
        if line.cells.len() < 2 {
            return;
        }
        for cell in &line.cells {
            if !self.head.contains(&cell.column) {
                self.head.push(cell.column.clone());
            }
        }
        self.lines.push(line);
    }

    /// Adds an outcome for `--json`: a metric of a variant at a parameter, with its unit. A value that isn't finite was not
    /// measured, and gives no outcome.
    pub fn outcome(&mut self, variant: &str, parameter: impl ToString, metric: &str, unit: &str, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.outcomes.push(Outcome {
            experiment: self.experiment.clone(),
            variant: variant.to_owned(),
            parameter: parameter.to_string(),
            metric: metric.to_owned(),
            unit: unit.to_owned(),
            value,
            interpreter: None,
        });
    }

    /// Adds a sentence below the table.
    pub fn say(&mut self, line: impl Into<String>) {
        self.closing.push(line.into());
    }

    /// Adds a sentence below the table, unless a case isn't as it should be: then the sentence wouldn't be true.
    pub fn say_if_right(&mut self, line: impl Into<String>) {
        if self.is_right {
            self.say(line);
        }
    }

    /// Adds a sentence about times below the table, unless the times of this run can't be compared.
    pub fn say_of_times(&mut self, line: impl Into<String>) {
        if !self.is_in_doubt() {
            self.say(line);
        }
    }

    /// Notes why the times can't be compared. The report says so first, before a reader compares any.
    pub(crate) fn doubt(&mut self, why: Vec<String>) {
        self.doubts.extend(why);
    }

    /// Whether the times of this run can't tell one way from another, since the machine was busy with other things.
    pub fn is_in_doubt(&self) -> bool {
        !self.doubts.is_empty()
    }

    /// Shows the output of another program, unchanged, below everything else; not with `--json`.
    pub fn quote(&mut self, text: &str) {
        self.quoted += text;
    }

    /// Says what could not be done here, and why. With `--json` this goes to stderr, where it disturbs no program.
    pub fn left_out(&mut self, what: &str, why: impl Display) {
        self.left_out.push((what.to_owned(), with_advice(why.to_string())));
    }

    /// Says what this machine lacks, such as a tool that isn't installed. That is left out too, but it is no failure.
    pub fn not_here(&mut self, what: &str, why: impl Display) {
        self.not_here.push((what.to_owned(), why.to_string()));
    }

    /// Whether something was left out that is a failure.
    pub fn is_partial(&self) -> bool {
        !self.left_out.is_empty()
    }

    /// Prints the report to stdout: as JSON Lines, or as a table of at most the terminal's width. A reader that closes the pipe
    /// early (`| head -1`) is no error.
    ///
    /// # Errors
    /// Stdout can't be written.
    pub fn print(&self, json: bool) -> io::Result<()> {
        if json {
            let told = [("in doubt", self.in_doubt()), ("left out", self.all_left_out())];
            for (what, why) in told.iter().filter(|(_, why)| !why.is_empty()) {
                let _ = writeln!(io::stderr(), "{what}: {why}");
            }
        }
        print(&if json { self.json_lines() } else { self.text(width()) })
    }

    /// Writes the JSON Lines into a file.
    ///
    /// # Errors
    /// The file can't be written; the error names it.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        write_as_asked(Self::IN_WORDS, path, |mut file| file.write_all(self.json_lines().as_bytes()))
    }

    /// The outcomes so far, in order.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Why the times can't be compared, and whether the counts can; nothing if both can.
    fn in_doubt(&self) -> String {
        match self.lines.iter().flat_map(|line| &line.cells).any(|cell| cell.is_count) {
            _ if !self.is_in_doubt() => String::new(),
            true => {
                format!(
                    "{} The counts are right, but the times can't tell one way from another.",
                    self.doubts.join(" ")
                )
            }
            false => format!("{} These times can't tell one way from another.", self.doubts.join(" ")),
        }
    }

    /// All that was left out, in words; what has the same reason stands together, with the reason once.
    fn all_left_out(&self) -> String {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for (what, why) in self.not_here.iter().chain(&self.left_out) {
            match reasons.iter_mut().find(|(reason, _)| reason == why) {
                Some((_, names)) if names.contains(&&what[..]) => {}
                Some((_, names)) => names.push(what),
                None => reasons.push((why, vec![what])),
            }
        }
        let told = reasons.iter().map(|(why, names)| match &names[..] {
            [first @ .., last] if !first.is_empty() => format!("{} and {last} ({why})", first.join(", ")),
            names => format!("{} ({why})", names.concat()),
        });
        told.collect::<Vec<_>>().join(", ")
    }

    fn json_lines(&self) -> String {
        let line = |outcome| serde_json::to_string(outcome).expect("an outcome is plain data") + "\n";
        self.outcomes.iter().map(line).collect()
    }

    pub(crate) fn text(&self, width: usize) -> String {
        let rows: Vec<Vec<&str>> = self.lines.iter().map(|line| self.in_order(line)).collect();
        let head: Vec<&str> = self.head.iter().map(String::as_str).collect();
        let all = || std::iter::once(&head).chain(&rows);
        let widths: Vec<usize> =
            (0..head.len()).map(|column| all().map(|cells| cells[column].chars().count()).max().unwrap_or(0)).collect();
        let needed = |columns: &[usize]| columns.iter().map(|&c| widths[c] + 2).sum::<usize>().saturating_sub(2);
        let mut columns: Vec<usize> = (0..head.len()).collect();
        while columns.len() > 2 && needed(&columns) > width {
            columns.remove(1);
        }
        let bar = width.saturating_sub(needed(&columns) + 2).min(BAR);
        let bars = std::iter::once(String::new()).chain(self.shares().map(|share| small_bar(share, bar)));

        let mut text = String::new();
        // What this machine couldn't measure comes first, before a reader compares anything.
        let rest = if self.lines.is_empty() { "" } else { " Everything else was run." };
        let left_out = self.all_left_out();
        let left_out = if left_out.is_empty() { left_out } else { format!("Left out: {left_out}.{rest}") };
        for first in [self.in_doubt(), left_out].iter().filter(|first| !first.is_empty()) {
            wrap(first, width, &mut text);
        }
        let follows = !head.is_empty() || !self.closing.is_empty();
        if follows && !text.is_empty() {
            text.push('\n');
        }
        for (cells, bar) in all().zip(bars).filter(|_| !head.is_empty()) {
            let mut line = String::new();
            for &column in &columns {
                let (cell, width) = (cells[column], widths[column]);
                let _ = if column == 0 { write!(line, "{cell:<width$}") } else { write!(line, "  {cell:>width$}") };
            }
            let _ = write!(line, "  {bar}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        if !self.closing.is_empty() && !head.is_empty() {
            text.push('\n');
        }
        self.closing.iter().for_each(|line| wrap(line, width, &mut text));
        if !self.quoted.is_empty() {
            text.push('\n');
            text.push_str(&self.quoted);
        }
        text
    }

    /// A line's cells in the order of the columns.
    fn in_order<'a>(&self, line: &'a Line) -> Vec<&'a str> {
        let of = |column: &String| line.cells.iter().find(|cell| cell.column == *column);
        self.head.iter().map(|column| of(column).map_or(DASH, |cell| &cell.text)).collect()
    }

    /// How long each line's bar is, from 0 to 1.
    fn shares(&self) -> impl Iterator<Item = f64> {
        let last = |line: &Line| line.cells.iter().rev().find_map(|cell| Some((cell.column.clone(), cell.number?)));
        self.lines.iter().map(move |line| {
            line.bar.unwrap_or_else(|| match last(line) {
                Some((_, (true, percent))) => percent / 100.0,
                Some((column, (false, value))) => {
                    let others = self.lines.iter().filter_map(last).filter(|(other, _)| *other == column);
                    value / others.map(|(_, (_, value))| value).fold(f64::MIN_POSITIVE, f64::max)
                }
                None => 0.0,
            })
        })
    }
}

/// A reason, and what to do about it if the system refused something because of a limit.
fn with_advice(why: String) -> String {
    let limits = [
        (Errno::MFILE, "raise `ulimit -n`"),
        (Errno::AGAIN, "raise `ulimit -u`"),
        (Errno::NOMEM, "use less memory, or raise the limit on memory"),
    ];
    let is_why = |errno: Errno| why.ends_with(&format!("(os error {})", errno.raw_os_error()));
    match limits.into_iter().find(|(errno, _)| is_why(*errno)) {
        Some((_, advice)) => format!("{why}; {advice}"),
        None => why,
    }
}

/// The terminal's width in characters; 80 where there is no terminal.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)).max(20)
}

/// A bar of up to `longest` characters, in eighths of a character.
fn small_bar(share: f64, longest: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * 8.0 * longest as f64).round() as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// Appends `line` to `text`, broken between words so that no line is longer than `width`.
fn wrap(line: &str, width: usize, text: &mut String) {
    let mut used = 0;
    for word in line.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            text.push('\n');
            used = 0;
        } else if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += length;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Report {
        let mut report = Report::new("example");
        for (variant, lost, share) in [("one", "1,000", 0.5), ("another", "0", 0.0)] {
            let cells = [("variant", variant), ("expected", "2,000"), ("lost", lost)];
            report.line(Line { cells: cells.map(|(column, cell)| Cell::words(column, cell)).into(), bar: Some(share) });
        }
        report.say("Seen: one lost updates, another didn't.");
        report
    }

    #[test]
    fn a_table_fits_its_width() {
        for width in [20, 30, 40, 80, 200] {
            let text = example().text(width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}:\n{text}");
            assert!(text.contains("1,000") && text.contains("another"), "{text}");
            assert_eq!(text.contains("expected"), width >= 22, "{text}");
        }
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(small_bar(0.0, 10), "");
        assert_eq!(small_bar(0.5, 10), "█████");
        assert_eq!(small_bar(0.0125, 10), "▏");
        assert_eq!(small_bar(7.0, 3), "███");
        assert_eq!(small_bar(f64::NAN, 3), "");
    }

    #[test]
    fn what_keeps_times_from_telling_is_said_first_and_then_they_tell_nothing() {
        let mut report = example();
        report.outcome("one", 2, "read", "bytes", 1.0);
        report.doubt(vec!["It is busy.".to_owned(), "It is shared.".to_owned()]);
        report.say_of_times("One is faster.");
        let text = report.text(200);
        let first = "It is busy. It is shared. These times can't tell one way from another.";
        assert_eq!(text.lines().take(2).collect::<Vec<_>>(), [first, ""]);
        assert!(text.ends_with("another didn't.\n"), "{text}");
        assert_eq!(report.json_lines().lines().count(), 1);
        report.lines[0].cells.push(Cell::number("lost", "updates", 1000.0));
        assert!(report.text(200).starts_with("It is busy. It is shared. The counts are right, but the times can't"));
        let mut quiet = example();
        quiet.doubt(Vec::new());
        quiet.say_of_times("One is faster.");
        assert!(quiet.text(80).starts_with("variant") && quiet.text(80).ends_with("One is faster.\n"));
    }

    #[test]
    fn results_are_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let mut report = example();
        report.outcome("one", 2, "lost", "updates", 1000.0);
        let file = folder.path().join("results.json");
        report.write(&file).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), report.json_lines());
        for bad in [folder.path().to_owned(), file.join("below"), folder.path().join("no/such")] {
            let error = report.write(&bad).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert!(error.to_string().starts_with("can't write the results to "), "{error}");
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn what_was_left_out_is_said_first() {
        let mut report = example();
        assert!(!report.is_partial());
        report.left_out("a third", "no memory");
        assert!(report.is_partial());
        let left_out = "Left out: a third (no memory). Everything else was run.\n\nvariant";
        assert!(report.text(80).starts_with(left_out));
        report.doubt(vec!["It is busy.".to_owned()]);
        let both = "It is busy. These times can't tell one way from another.\nLeft out: a third (";
        assert!(report.text(80).starts_with(both), "{}", report.text(80));
        let mut nothing = Report::new("example");
        nothing.left_out("all", "no memory");
        assert_eq!(nothing.text(80), "Left out: all (no memory).\n");
    }

    #[test]
    fn what_is_not_here_is_said_and_is_no_failure() {
        let mut report = Report::new("example");
        report.not_here("the count of calls", "no strace; install it");
        assert_eq!(report.text(80), "Left out: the count of calls (no strace; install it).\n");
        assert!(!report.is_partial());
        report.left_out("a", "no room");
        assert_eq!(report.all_left_out(), "the count of calls (no strace; install it), a (no room)");
    }

    #[test]
    fn a_reason_is_told_once_for_all_that_were_left_out_for_it() {
        let mut report = example();
        for (what, why) in [("a", "no room"), ("b", "no file"), ("c", "no room"), ("d", "no room"), ("a", "no room")] {
            report.left_out(what, why);
        }
        assert_eq!(report.all_left_out(), "a, c and d (no room), b (no file)");
    }

    #[test]
    fn a_limit_that_can_be_raised_is_named() {
        let told = |errno: Errno| with_advice(format!("no worker: {}", io::Error::from(errno)));
        assert!(told(Errno::MFILE).ends_with("; raise `ulimit -n`"));
        assert!(told(Errno::AGAIN).ends_with("; raise `ulimit -u`"));
        assert!(told(Errno::NOMEM).ends_with("; use less memory, or raise the limit on memory"));
        assert!(told(Errno::ACCESS).ends_with(')'));
        assert_eq!(with_advice("use fewer workers".to_owned()), "use fewer workers");
    }

    #[test]
    fn json_lines_are_read_back_as_they_were() {
        let mut report = example();
        report.outcome("load-then-store-threads", 2, "lost", "updates", 251_501.0);
        let lines = report.json_lines();
        assert_eq!(lines.lines().count(), 1);
        assert_eq!(serde_json::from_str::<Outcome>(&lines).unwrap(), report.outcomes[0]);
    }
}
