//! Captured sessions: a command as a reader would type it, and what it printed.

use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use edition::lesson::SessionSpec;
use edition::{Project, Session, sources};
use indicatif::ProgressBar;

use crate::building::Built;
use crate::launches::{failure, within, words};

/// What could be captured, and why something couldn't.
#[derive(Default)]
pub struct Sessions {
    /// The sessions.
    pub captured: Vec<Session>,
    /// For each that was left out, a line.
    pub left_out: Vec<String>,
}

/// Captures all sessions of an experiment, each within `limit`. A command that this machine doesn't have is left out, with a line that says so.
///
/// # Errors
/// A command fails, isn't refused as it should be, or prints nothing of what is to be shown.
pub fn capture(project: &Project, slug: &str, built: &Built, bar: &ProgressBar, limit: Duration) -> Result<Sessions> {
    let mut sessions = Sessions::default();
    for spec in &project.lesson(slug)?.sessions {
        bar.set_message(spec.command.clone());
        bar.inc(1);
        let words =
            built.without_cargo(words(slug, &spec.command)?).with_context(|| format!("{slug}: {}", spec.command))?;
        let [program, arguments @ ..] = &words[..] else { bail!("{slug}: the session {:?} has no command", spec.name) };
        let output = match within(Command::new(program).args(arguments).current_dir(&project.root), limit) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                sessions.left_out.push(format!("left out the session {}: {error}", spec.name));
                continue;
            }
            output => output.with_context(|| format!("{slug}: {}", spec.command))?,
        };
        let output = lines(spec, &output).with_context(|| format!("{slug}: {}", spec.command))?;
        let sources = sources::hash(&project.root, &spec.command)?;
        sessions.captured.push(Session { name: spec.name.clone(), command: spec.command.clone(), sources, output });
    }
    Ok(sessions)
}

/// The lines to show, if the command ended as it should.
fn lines(spec: &SessionSpec, output: &Output) -> Result<Vec<String>> {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let text = match &spec.refused {
        Some(code) => {
            ensure!(!output.status.success(), "the compiler was to refuse this, and didn't");
            ensure!(stderr.contains(&format!("error[{code}]")), "the compiler was to refuse this with {code}");
            stderr
        }
        None => {
            ensure!(output.status.success(), "it {}", failure(output));
            stdout
        }
    };
    let all: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    let find = |from: usize, part: &Option<String>| match part {
        Some(part) => {
            let found = all[from..].iter().position(|line| line.contains(part));
            Ok(Some(from + found.with_context(|| format!("no line of its output contains {part:?}"))?))
        }
        None => anyhow::Ok(None),
    };
    let first = find(0, &spec.from)?.unwrap_or(0);
    let last = find(first, &spec.to)?.unwrap_or(all.len().saturating_sub(1));
    let mut kept: Vec<String> = all.get(first..=last).unwrap_or_default().to_vec();
    while kept.last().is_some_and(String::is_empty) {
        kept.pop();
    }
    ensure!(!kept.is_empty(), "it printed no line that could be shown");
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    fn spec() -> SessionSpec {
        SessionSpec { name: "s".into(), command: "c".into(), refused: None, from: None, to: None }
    }

    fn output(code: i32, stdout: &str, stderr: &str) -> Output {
        Output { status: ExitStatus::from_raw(code << 8), stdout: stdout.into(), stderr: stderr.into() }
    }

    #[test]
    fn the_lines_from_one_to_another_are_kept() {
        let out = output(0, "a\nb \n\nc\nd\n\n", "");
        assert_eq!(lines(&spec(), &out).unwrap(), ["a", "b", "", "c", "d"]);
        let part = SessionSpec { from: Some("b".into()), to: Some("c".into()), ..spec() };
        assert_eq!(lines(&part, &out).unwrap(), ["b", "", "c"]);
        let missing = SessionSpec { from: Some("x".into()), ..spec() };
        assert!(lines(&missing, &out).unwrap_err().to_string().contains("\"x\""));
        assert!(lines(&spec(), &output(0, "\n", "")).unwrap_err().to_string().contains("no line"));
    }

    #[test]
    fn a_command_that_does_not_end_as_it_should_is_no_session() {
        let why = |stderr| lines(&spec(), &output(1, "a\nb\n", stderr)).unwrap_err().to_string();
        assert_eq!(
            (why("first\nwhy\n"), why("")),
            ("it ended with exit code 1: why".into(), "it ended with exit code 1: b".into())
        );
        let refused = SessionSpec { refused: Some("E0373".into()), ..spec() };
        assert_eq!(lines(&refused, &output(1, "", "error[E0373]: no\n")).unwrap(), ["error[E0373]: no"]);
        assert!(lines(&refused, &output(1, "", "error[E0382]: no\n")).is_err());
        assert!(lines(&refused, &output(0, "", "")).is_err());
    }
}
