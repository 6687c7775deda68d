//! CPython, if it is here: scripts that an interpreter of this machine runs, for the rows `python-…` of an experiment.

mod beside;
mod find;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub use beside::{Beside, Line, Script, Shown, say_left_out, tell};
pub use find::{About, Kind, with_lock};
use find::{Here, PassedOver, Refused};
use serde::de::DeserializeOwned;

use crate::{Chosen, Report, process};

/// An interpreter that can run scripts.
#[derive(Clone, Debug)]
pub struct Python {
    /// The program to run.
    pub program: PathBuf,
    /// What it says about itself.
    pub about: About,
}

/// How long an interpreter may take to say what it is, and how long to run a script. It needs far less.
pub const LIMITS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

/// An interpreter, and which of the wanted ways it should show.
pub type Shows = (Python, Vec<&'static str>);

impl Python {
    /// Runs a script with these arguments, and reads the JSON that it prints.
    ///
    /// # Errors
    /// The script can't be run, takes too long, fails, or prints something else.
    pub fn run<T: DeserializeOwned>(&self, script: &Path, words: &[String]) -> io::Result<T> {
        read(script, &printed(&self.program, script, words, LIMITS[1])?)
    }

    /// Runs a script of [`tell`](../../../python/told.py), and returns the lines that it prints. Whether the script found all as it
    /// should be stands in its lines.
    ///
    /// # Errors
    /// As for [`Python::run`].
    pub(crate) fn lines<T: DeserializeOwned>(&self, script: &Path, words: &[String]) -> io::Result<Vec<T>> {
        let printed = printed(&self.program, script, words, LIMITS[1])?;
        printed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| read(script, line)).collect()
    }
}

/// The interpreters, with the wanted ways that each should show: of each [`Kind`] the newest. The report says what isn't here.
///
/// # Errors
/// An interpreter that `--python` names is tried at once, and whatever is wrong with it is an error in the arguments.
pub fn can_show(
    named: Option<&Path>,
    all: &[&'static str],
    chosen: &Chosen,
    report: &mut Report,
) -> io::Result<Vec<Shows>> {
    let at = |path| named_at(path, "name a CPython, 3.8 or newer", find::ask(path).and_then(find::fits));
    let named = named.map(at).transpose()?;
    let wanted: Vec<&'static str> = all.iter().copied().filter(|name| chosen.wants(name)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let (newest, passed_over) = find::newest(named.map_or_else(Here::all, Here::only));
    let mut shows: Vec<(Kind, Shows)> = Vec::new();
    for name in wanted {
        let kind = Kind::of(name);
        let Some(python) = newest.iter().find(|(of, _)| *of == kind).map(|(_, python)| python) else {
            let why = format!("there is no {kind}; name one with --python");
            // If the way can't be shown, this is a failure only if nothing else is wanted.
            match chosen.variant {
                Some(_) => report.left_out(name, why),
                None => report.not_here(name, why),
            }
            continue;
        };
        match shows.iter_mut().find(|(_, (known, _))| known.program == python.program) {
            Some((_, (_, names))) => names.push(name),
            None => shows.push((kind, (python.clone(), vec![name]))),
        }
    }
    for (kind, (python, names)) in &shows {
        let rows = match (&names[..], kind) {
            ([only], _) => format!("row {only}"),
            (_, Kind::Unlocked) => "rows python-free-…".to_owned(),
            _ => "rows python-…".to_owned(),
        };
        report.say(format!("The {rows} ran on {}.", python.about));
    }
    say_passed_over(passed_over, report);
    Ok(shows.into_iter().map(|(_, shows)| shows).collect())
}

/// Every version of CPython that is here, from the oldest to the newest, and of builds of one version the one with a lock first. Of
/// each build of a version it is the newest; the report says which others aren't used.
///
/// # Errors
/// An interpreter that `--python` names can't be used.
pub fn versions(named: Option<&Path>, report: &mut Report) -> io::Result<Vec<Python>> {
    let named = named.map(|path| named_at(path, "name a CPython", find::ask(path))).transpose()?;
    let (versions, passed_over) = find::versions(named.map_or_else(Here::all, Here::only));
    say_passed_over(passed_over, report);
    Ok(versions)
}

/// The interpreter that `--python` names.
fn named_at(path: &Path, instead: &str, asked: Result<Python, Refused>) -> io::Result<Python> {
    let wrong = |why| format!("--python {}: {why}; {instead}", path.display());
    asked.map_err(|why| io::Error::new(ErrorKind::InvalidInput, wrong(why)))
}

fn say_passed_over(passed_over: PassedOver, report: &mut Report) {
    for (why, who) in passed_over {
        report.say(format!("Not used: {} ({why}).", who.join(", ")));
    }
}

/// What a script prints.
fn printed(program: &Path, script: &Path, words: &[String], limit: Duration) -> io::Result<Vec<u8>> {
    let mut command = Command::new(program);
    // Without the PYTHON… variables and a user's own packages, the scripts find the standard library as it is. With `-B`,
    // Python leaves no compiled files beside the scripts.
    let output = process::output(command.args(["-E", "-s", "-B"]).arg(script).args(words), limit)?;
    // A script that has found something wrong says so in what it prints, and ends with code 1.
    if output.status.success() || output.status.code() == Some(1) && output.stdout.starts_with(b"{") {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    // If a version isn't switched on, pyenv says so before its advice.
    let tells = said.lines().find(|line| line.ends_with("command not found"));
    let tells =
        tells.or_else(|| said.lines().rfind(|line| !line.trim().is_empty())).unwrap_or("it wrote nothing on stderr");
    let ending = process::ending(output.status);
    Err(io::Error::other(format!("{} ended with {ending}: {}", name(script), printable(tells))))
}

fn read<T: DeserializeOwned>(script: &Path, printed: &[u8]) -> io::Result<T> {
    let rubbish = || format!("it ran {} and printed something else than a result", name(script));
    serde_json::from_slice(printed).map_err(|_| io::Error::new(ErrorKind::InvalidData, rubbish()))
}

fn name(script: &Path) -> String {
    script.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The beginning of what another program said, with nothing in it that a terminal obeys.
fn printable(said: &str) -> String {
    said.chars().filter(|character| !character.is_control()).take(200).collect()
}
