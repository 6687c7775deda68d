//! CPython, if it is here: the scripts of `python/`, run by an interpreter of this machine.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lab::{Chosen, Report, process};
use serde::de::DeserializeOwned;

use crate::interpreters::{self, About, Found};

/// An interpreter that can run the scripts.
#[derive(Clone, Debug)]
pub struct Python {
    /// The program to run.
    pub program: PathBuf,
    /// What it says about itself.
    pub about: About,
}

/// How long each round took, in seconds, for each way.
pub type Took = BTreeMap<String, Vec<f64>>;

/// A variant that CPython shows, and the function of a script that shows it.
pub type Way = (&'static str, &'static str);

/// How long an interpreter may take to say what it is, and how long to run a script. It needs far less.
pub const LIMITS: [Duration; 2] =
    [Duration::from_secs(10), Duration::from_secs(60)];

impl Python {
    /// How long computing and waiting took, on one thread and in each way, with this many roots and milliseconds for each worker.
    pub fn work(
        &self,
        workers: usize,
        [roots, rounds, milliseconds]: [u64; 3],
        ways: &[&str],
    ) -> io::Result<[Took; 2]> {
        let wait = (milliseconds as f64 / 1e3).to_string();
        let mut words = [
            workers.to_string(),
            roots.to_string(),
            wait,
            rounds.to_string(),
            "serially".to_owned(),
        ]
        .to_vec();
        words.extend(ways.iter().map(ToString::to_string));
        let mut took: BTreeMap<String, Took> =
            run(&self.program, "work.py", &words, LIMITS[1])?;
        Ok(["compute", "wait"].map(|what| took.remove(what).unwrap_or_default()))
    }

    /// How late a thread was, in seconds, after each of this many pauses, beside a thread that computes.
    pub fn late(&self, times: usize, pause: Duration) -> io::Result<Vec<f64>> {
        let words = [times.to_string(), pause.as_secs_f64().to_string()];
        run(&self.program, "late.py", &words, LIMITS[1])
    }

    /// How much is counted if each of this many threads adds one this many times: in a plain loop, with a call inside, or with a lock of
    /// the program's own.
    pub fn count(&self, workers: usize, times: u64, way: &str) -> io::Result<u64> {
        let words = [workers.to_string(), times.to_string(), way.to_owned()];
        run(&self.program, "count.py", &words, LIMITS[1])
    }

    /// How long the same computing took one thread and two, in each of this many rounds, on all cores or on one.
    pub fn switches(
        &self,
        [roots, rounds]: [u64; 2],
        interval: Duration,
        cores: &str,
    ) -> io::Result<Vec<Switched>> {
        let words = [
            roots.to_string(),
            rounds.to_string(),
            interval.as_secs_f64().to_string(),
            cores.to_owned(),
        ];
        run(&self.program, "switches.py", &words, LIMITS[1])
    }

    /// How many of two workers held a lock at the same instant.
    pub fn held(&self, way: &str) -> io::Result<usize> {
        run(&self.program, "held.py", &[way.to_owned()], LIMITS[1])
    }
}

/// What a round took, first with one thread and then with two: seconds, seconds of CPU time, hand-overs, and the kernel's
/// switches.
pub type Switched = [[f64; 4]; 2];

/// An interpreter, and which of the wanted ways it should show.
pub type Shows = (Python, Vec<Way>);

/// The interpreters, with the wanted ways that each should show. The report says what isn't here. An interpreter that
/// `--python` names is tried at once, and whatever is wrong with it is an error in the arguments.
pub fn can_show(
    named: Option<&Path>,
    all: impl IntoIterator<Item = Way>,
    chosen: &Chosen,
    report: &mut Report,
) -> io::Result<Vec<Shows>> {
    let at = |path: &Path| {
        let wrong = |why| {
            format!(
                "--python {}: {why}; name a CPython, 3.8 or newer",
                path.display()
            )
        };
        interpreters::ask(path)
            .map_err(|why| io::Error::new(ErrorKind::InvalidInput, wrong(why)))
    };
    let named = named.map(at).transpose()?;
    let (needs_none, needs_lock): (Vec<Way>, Vec<Way>) = all
        .into_iter()
        .filter(|(name, _)| chosen.wants(name))
        .partition(|(name, _)| *name == "python-free-threads");
    if needs_none.is_empty() && needs_lock.is_empty() {
        return Ok(Vec::new());
    }
    let Found { locked, unlocked, passed_over } =
        named.map_or_else(Found::all, Found::only);
    let mut shows = Vec::new();
    for (python, ways, kind) in [
        (locked, needs_lock, "with a lock"),
        (unlocked, needs_none, "built without the lock"),
    ] {
        let (here, missing): (Vec<Way>, Vec<Way>) =
            ways.into_iter().partition(|(name, _)| {
                python.as_ref().is_some_and(|python| {
                    *name != "python-subinterpreters"
                        || python.about.subinterpreters
                })
            });
        for (name, _) in missing {
            let why = match &python {
                None => format!("there is no CPython, 3.8 or newer, {kind}; name one with --python"),
                Some(_) => "this takes CPython 3.12 or newer, with a lock; name one with --python".to_owned(),
            };
            // If the way can't be shown, this is a failure only if nothing else is wanted.
            match chosen.variant {
                Some(_) => report.left_out(name, why),
                None => report.not_here(name, why),
            }
        }
        if let Some(python) = python.filter(|_| !here.is_empty()) {
            let rows = if here[0].0 == "python-free-threads" {
                "row python-free-threads"
            } else {
                "rows python-…"
            };
            report.say(format!("The {rows} ran on {}.", python.about));
            shows.push((python, here));
        }
    }
    for (why, who) in passed_over {
        report.say(format!("Not used: {} ({why}).", who.join(", ")));
    }
    Ok(shows)
}

/// Runs a script with these arguments, and reads the JSON that it prints.
pub fn run<T: DeserializeOwned>(
    program: &Path,
    script: &str,
    words: &[String],
    limit: Duration,
) -> io::Result<T> {
    // The scripts are files, because a process that `multiprocessing` spawns imports the file of its program.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let mut command = Command::new(program);
    // Without the PYTHON… variables and a user's own packages, the scripts find the standard library as it is. With `-B`,
    // Python leaves no compiled files beside the scripts.
    let output = process::output(
        command.args(["-E", "-s", "-B"]).arg(file).args(words),
        limit,
    )?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        // If a version isn't switched on, pyenv says so before its advice.
        let tells = said.lines().find(|line| line.ends_with("command not found"));
        let tells = tells
            .or_else(|| said.lines().rfind(|line| !line.trim().is_empty()))
            .unwrap_or("it wrote nothing on stderr");
        let ending = process::ending(output.status);
        return Err(io::Error::other(format!(
            "{script} ended with {ending}: {}",
            printable(tells)
        )));
    }
    let rubbish =
        format!("it ran {script} and printed something else than a result");
    serde_json::from_slice(&output.stdout)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, rubbish))
}

/// The beginning of what another program said, with nothing in it that a terminal obeys.
pub fn printable(said: &str) -> String {
    said.chars().filter(|character| !character.is_control()).take(200).collect()
}
