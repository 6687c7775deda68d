//! CPython, where it is found: the scripts of `python/`, run by an interpreter of the reader's.

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
    /// What to run.
    pub program: PathBuf,
    /// What it says of itself.
    pub about: About,
}

/// By way, what each round took, in seconds.
pub type Took = BTreeMap<String, Vec<f64>>;

/// A variant that CPython shows, and the function of a script that does.
pub type Way = (&'static str, &'static str);

/// The longest that an interpreter may take to say what it is, and to run a script. It takes a small part of it.
pub const LIMITS: [Duration; 2] =
    [Duration::from_secs(10), Duration::from_secs(60)];

impl Python {
    /// What computing and waiting took, in each way, one after the other first: so many roots and milliseconds for each worker.
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

    /// How late a thread was, in seconds, each of so many times after a pause, beside one that computes.
    pub fn late(&self, times: usize, pause: Duration) -> io::Result<Vec<f64>> {
        let words = [times.to_string(), pause.as_secs_f64().to_string()];
        run(&self.program, "late.py", &words, LIMITS[1])
    }

    /// How much is counted by so many threads that add one so often each: in a plain loop, with a call inside, or with a lock
    /// of the program's own.
    pub fn count(&self, workers: usize, times: u64, way: &str) -> io::Result<u64> {
        let words = [workers.to_string(), times.to_string(), way.to_owned()];
        run(&self.program, "count.py", &words, LIMITS[1])
    }

    /// What the same computing took one thread, and two, in each of so many rounds: on all cores, or on one.
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

/// Of a round: what one thread took and then two, each in seconds, in seconds of CPU time, in hand-overs and in the kernel's switches.
pub type Switched = [[f64; 4]; 2];

/// An interpreter, and what of the wanted it is to show.
pub type Shows = (Python, Vec<Way>);

/// The ways that are wanted, with the interpreters for them; what isn't here, the report says. One that is named by `--python` is
/// tried at once: whatever is wrong with it is an error in the arguments.
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
                Some(_) => "it takes CPython 3.12 or newer, with its lock; name one with --python".to_owned(),
            };
            // That it isn't here is no failure, unless it is the only one that is wanted.
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
        report.say(format!("Passed over: {} ({why}).", who.join(", ")));
    }
    Ok(shows)
}

/// Runs a script, with these words, and reads the JSON that it prints.
pub fn run<T: DeserializeOwned>(
    program: &Path,
    script: &str,
    words: &[String],
    limit: Duration,
) -> io::Result<T> {
    // As files, for a process that `multiprocessing` spawns imports the file of its program.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let mut command = Command::new(program);
    // Without the PYTHON… variables and what a user has installed, the scripts find the standard library as it is. `-B` leaves
    // no compiled ones beside them.
    let output = process::output(
        command.args(["-E", "-s", "-B"]).arg(file).args(words),
        limit,
    )?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        // What pyenv says of a version that isn't switched to comes before its advice.
        let tells = said.lines().find(|line| line.ends_with("command not found"));
        let tells = tells
            .or_else(|| said.lines().rfind(|line| !line.trim().is_empty()))
            .unwrap_or("it said nothing");
        let ending = process::ending(output.status);
        return Err(io::Error::other(format!(
            "{script} ended with {ending}: {}",
            printable(tells)
        )));
    }
    let rubbish = format!("what it printed for {script} is not what that prints");
    serde_json::from_slice(&output.stdout)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, rubbish))
}

/// The beginning of what somebody else said, with nothing in it that a terminal obeys.
pub fn printable(said: &str) -> String {
    said.chars().filter(|character| !character.is_control()).take(200).collect()
}
