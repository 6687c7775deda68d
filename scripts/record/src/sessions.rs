//! Captured sessions: a command as a reader would type it, and what it printed.

use std::process::{Command, Output};
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, Result, bail, ensure};
use base::outcome::Outcome;
use edition::lesson::SessionSpec;
use edition::{Project, Recording, Session, json, sources, typical};
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
    /// The first that was refused, in a line that says why.
    pub refused: Option<String>,
    /// For each of which runs were thrown away, a line that says how many.
    pub retaken: Vec<String>,
}

/// How often a session is captured at most, until it is a typical run.
const TRIES: usize = 12;

/// Captures all sessions of an experiment, each within `limit`, until each is a typical run: one that doesn't contradict
/// `recording`. One that never is, is refused; one whose command this machine doesn't have is left out. A line says so.
///
/// # Errors
/// A command fails, isn't refused as it should be, or prints nothing of what is to be shown.
pub fn capture(
    project: &Project,
    recording: &Recording,
    built: &Built,
    bar: &ProgressBar,
    limit: Duration,
) -> Result<Sessions> {
    let (mut sessions, slug) = (Sessions::default(), &recording.experiment[..]);
    for spec in &project.lesson(slug)?.sessions {
        bar.set_message(spec.command.clone());
        bar.inc(1);
        let mut thrown_away = 0;
        let name = &spec.name;
        loop {
            let ran = run(project, recording, built, spec, limit).with_context(|| format!("{slug}: {}", spec.command));
            let session = match ran? {
                Ran::Session(session) => session,
                Ran::NotHere(why) => break sessions.left_out.push(format!("left out the session {name}: {why}")),
            };
            let why = typical::contradictions((slug, project.lesson(slug)?), recording, &session);
            let Some(why) = why.first() else {
                let told =
                    format!("threw away {thrown_away} runs of the session {name} that contradicted the recording");
                sessions.retaken.extend((thrown_away > 0).then_some(told));
                break sessions.captured.push(Session { thrown_away, ..session });
            };
            thrown_away += 1;
            if thrown_away == TRIES {
                let why = format!(
                    "{slug}: refused the session {name}: {TRIES} runs contradicted the recording; the last: {why}; `cargo \
                     record {slug} --sessions` on a quiet machine tries again"
                );
                sessions.refused.get_or_insert(why);
                break;
            }
        }
    }
    Ok(sessions)
}

/// What came of a session's command.
enum Ran {
    Session(Session),
    /// The machine doesn't have it.
    NotHere(io::Error),
}

fn run(project: &Project, recording: &Recording, built: &Built, spec: &SessionSpec, limit: Duration) -> Result<Ran> {
    let slug = &recording.experiment;
    let mut words = built.without_cargo(words(slug, &spec.command)?)?;
    // What an experiment prints for people, it also tells a program, so that both can be compared.
    let is_experiment = spec.command.starts_with("cargo run -p ") && !words.iter().any(|word| word == "--example");
    let told = tempfile::NamedTempFile::new().context("can't make a file")?;
    if is_experiment {
        words.push(format!("--json={}", told.path().display()));
    }
    let [program, arguments @ ..] = &words[..] else { bail!("the session {:?} has no command", spec.name) };
    let output = match within(Command::new(program).args(arguments).current_dir(&project.root), limit) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ran::NotHere(error)),
        output => output?,
    };
    let (output, sources) = (lines(spec, &output)?, sources::hash(&project.root, &spec.command)?);
    let outcomes = fs::read_to_string(told.path()).context("can't read what it told")?;
    let outcomes = outcomes.lines().map(json::parse).collect::<Result<Vec<Outcome>>>()?;
    let found = typical::found(project.lesson(slug)?, recording, &outcomes, &output);
    let (name, command) = (spec.name.clone(), spec.command.clone());
    Ok(Ran::Session(Session { name, command, sources, output, found, thrown_away: 0 }))
}

/// The lines to show, if the command ended as it should.
fn lines(spec: &SessionSpec, output: &Output) -> Result<Vec<String>> {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let text = match &spec.refused {
        Some(code) => {
            ensure!(!output.status.success(), "the compiler should have refused this, and didn't");
            ensure!(stderr.contains(&format!("error[{code}]")), "the compiler should have refused this with {code}");
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
        SessionSpec {
            name: "s".into(),
            command: "c".into(),
            refused: None,
            unlike: None,
            says: None,
            from: None,
            to: None,
        }
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
