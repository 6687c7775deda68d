//! Which case is running, for people at a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::report::width;

/// A line on stderr that says which case is running, about once a second. It is there only if stderr is a terminal, and it is
/// erased at the end. No thread writes it, since a process that forks may have only one.
#[derive(Debug)]
pub struct Progress {
    is_shown: bool,
    all: u64,
    begun: u64,
    last: Option<Instant>,
}

/// How long a line stands at least. Writing it takes some microseconds, so it does little to what is measured.
const PAUSE: Duration = Duration::from_secs(1);

impl Progress {
    /// None of this many steps has begun.
    pub fn begin(all: u64) -> Self {
        Self { is_shown: io::stderr().is_terminal(), all, begun: 0, last: None }
    }

    /// The next step begins.
    pub fn next(&mut self, what: &str) {
        self.begun += 1;
        if self.is_shown && self.last.is_none_or(|last| last.elapsed() >= PAUSE) {
            self.last = Some(Instant::now());
            write(&line(self.begun, self.all, what, width()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.last.is_some() {
            write(&line_of("", width()));
            write("\r");
        }
    }
}

/// Says a line on stderr; at a terminal it replaces the line that says what is running.
pub fn say(line: &str) {
    match io::stderr().is_terminal() {
        true => write(&format!("\r{line:<0$}\n", width() - 1)),
        false => write(&format!("{line}\n")),
    }
}

fn line(begun: u64, all: u64, what: &str, width: usize) -> String {
    match all {
        1 => line_of(&format!("running {what}"), width),
        _ => line_of(&format!("running {begun} of {all}: {what}"), width),
    }
}

/// A line that replaces the one before it on any terminal: as wide as that, for which blanks do.
fn line_of(text: &str, width: usize) -> String {
    // The last column stays free: some terminals begin a new line behind it.
    let width = width - 1;
    let text: String = text.chars().take(width).collect();
    format!("\r{text:<width$}")
}

fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_replaces_the_one_before() {
        assert_eq!(line(3, 12, "fetch-add-threads", 35), "\rrunning 3 of 12: fetch-add-threads");
        assert_eq!(line(3, 12, "fetch-add-threads", 20), "\rrunning 3 of 12: fe");
        assert_eq!(line(3, 12, "one", 30), "\rrunning 3 of 12: one         ");
        assert_eq!(line(1, 1, "one", 12), "\rrunning one");
        assert_eq!(line_of("", 5), "\r    ");
    }
}
