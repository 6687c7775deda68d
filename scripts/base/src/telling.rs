//! What programs print for people, on stderr and on stdout.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::files;

/// Folds a message of several lines into one of at most 400 characters, without control characters.
pub fn one_line(message: &str) -> String {
    const LONGEST: usize = 400;
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ").replace(char::is_control, "\u{fffd}");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

/// Prints a line about a problem to stderr, with paths relative to the project. A closed stderr is no error.
pub fn complain(line: &str) {
    let line = match files::root() {
        Ok(root) if root.parent().is_some() => line.replace(&format!("{}/", root.display()), ""),
        _ => line.to_owned(),
    };
    let _ = writeln!(io::stderr(), "{line}");
}

/// Says in one line why a program failed, and gives exit code 2.
pub fn fail(error: &dyn Display) -> ExitCode {
    complain(&format!("error: {}", one_line(&format!("{error:#}"))));
    ExitCode::from(2)
}

/// Prints a text to stdout. A reader that closes the pipe early, such as `head`, is no error.
///
/// # Errors
/// Stdout can't be written.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), format!("can't write to stdout: {error}; send it elsewhere"))),
        Ok(()) => Ok(()),
    }
}
