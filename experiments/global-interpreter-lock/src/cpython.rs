//! CPython, where it is found: the scripts of `python/`, run by an interpreter of the reader's.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lab::{Chosen, Report, process};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// An interpreter that can run the scripts.
#[derive(Clone, Debug)]
pub struct Python {
    program: PathBuf,
    /// What it says of itself.
    pub about: About,
}

/// What an interpreter says of itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    implementation: String,
    version: (u32, u32, u32),
    executable: PathBuf,
    /// Whether it has a global interpreter lock, and uses it.
    pub locked: bool,
    /// Whether its sub-interpreters have locks of their own.
    pub subinterpreters: bool,
}

/// By way, what each round took, in seconds.
pub type Took = BTreeMap<String, Vec<f64>>;

/// A variant that CPython shows, and the function of a script that does.
pub type Way = (&'static str, &'static str);

/// The longest that an interpreter may take to say what it is, and to run a script. It takes a small part of it.
const LIMITS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

impl Python {
    /// The interpreter at this path, or of this name on the PATH.
    pub fn at(program: &Path) -> io::Result<Self> {
        let about: About = run(program, "about.py", &[], LIMITS[0])?;
        let refused = |why| Err(io::Error::other(why));
        if about.implementation != "CPython" {
            return refused(format!("it is {}, not CPython", printable(&about.implementation)));
        }
        if about.version < (3, 8, 0) {
            let (major, minor, patch) = about.version;
            return refused(format!("it is Python {major}.{minor}.{patch}, and 3.8 is the oldest that will do"));
        }
        // What stands on the PATH may be a script that looks for the interpreter anew each time.
        let program = if about.executable.is_file() { about.executable.clone() } else { program.to_owned() };
        Ok(Self { program, about })
    }

    /// The first `python3` on the PATH that can run the scripts.
    pub fn find() -> io::Result<Self> {
        let mut refused = io::Error::other("there is no python3 on the PATH");
        let programs = env::var_os("PATH").unwrap_or_default();
        let programs = env::split_paths(&programs).map(|folder| folder.join("python3"));
        for program in programs.filter(|program| program.is_file()) {
            match Self::at(&program) {
                Ok(python) => return Ok(python),
                Err(error) => refused = io::Error::other(format!("{}: {error}", program.display())),
            }
        }
        Err(refused)
    }

    /// What computing and waiting took, in each way, one after the other first: so many roots and milliseconds for each worker.
    pub fn work(
        &self,
        workers: usize,
        [roots, rounds, milliseconds]: [u64; 3],
        ways: &[&str],
    ) -> io::Result<[Took; 2]> {
        let wait = (milliseconds as f64 / 1e3).to_string();
        let mut words =
            [workers.to_string(), roots.to_string(), wait, rounds.to_string(), "serially".to_owned()].to_vec();
        words.extend(ways.iter().map(ToString::to_string));
        let mut took: BTreeMap<String, Took> = run(&self.program, "work.py", &words, LIMITS[1])?;
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

    /// How many of two workers held a lock at the same instant.
    pub fn held(&self, way: &str) -> io::Result<usize> {
        run(&self.program, "held.py", &[way.to_owned()], LIMITS[1])
    }
}

impl About {
    /// The version, as in `CPython 3.11.7`.
    pub fn version(&self) -> String {
        let (major, minor, patch) = self.version;
        format!("CPython {major}.{minor}.{patch}")
    }
}

/// The ways that are wanted, as far as there is an interpreter for them, and that one; what isn't here, the report says. One that is
/// named by `--python` is tried at once: whatever is wrong with it is an error in the arguments.
pub fn can_show(
    named: Option<&Path>,
    all: impl IntoIterator<Item = Way>,
    chosen: &Chosen,
    report: &mut Report,
) -> io::Result<Option<(Python, Vec<Way>)>> {
    let at = |path: &Path| {
        let wrong = |error| format!("--python {}: {error}; name a CPython, 3.8 or newer", path.display());
        Python::at(path).map_err(|error| io::Error::new(ErrorKind::InvalidInput, wrong(error)))
    };
    let named = named.map(at).transpose()?;
    let mut ways: Vec<Way> = all.into_iter().filter(|(name, _)| chosen.wants(name)).collect();
    if ways.is_empty() {
        return Ok(None);
    }
    // A variant that isn't here is no failure, unless it is the only one that is wanted.
    let mut missing = |name: &str, why: &str| match chosen.variant {
        Some(_) => report.left_out(name, why),
        None => report.not_here(name, why),
    };
    let python = match named.map_or_else(Python::find, Ok) {
        Ok(python) => python,
        Err(error) => {
            ways.iter().for_each(|(name, _)| missing(name, &error.to_string()));
            return Ok(None);
        }
    };
    ways.retain(|(name, _)| {
        let why = match *name {
            "python-threads" if !python.about.locked => "the interpreter has no lock",
            "python-subinterpreters" if !python.about.subinterpreters => {
                "it takes CPython 3.12 or newer; name one with --python"
            }
            "python-free-threads" if python.about.locked => "it takes a build without the lock; name one with --python",
            _ => return true,
        };
        missing(name, why);
        false
    });
    report.say(format!("The interpreter is {}.", python.about.version()));
    Ok(Some((python, ways)))
}

/// Runs a script, with these words, and reads the JSON that it prints.
fn run<T: DeserializeOwned>(program: &Path, script: &str, words: &[String], limit: Duration) -> io::Result<T> {
    // As files, for a process that `multiprocessing` spawns imports the file of its program.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let mut command = Command::new(program);
    // Without the PYTHON… variables and what a user has installed, the scripts find the standard library as it is. `-B` leaves
    // no compiled ones beside them.
    let output = process::output(command.args(["-E", "-s", "-B"]).arg(file).args(words), limit)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        let ending = process::ending(output.status);
        return Err(io::Error::other(format!("{script} ended with {ending}: {}", printable(last))));
    }
    let rubbish = format!("what it printed for {script} is not what that prints");
    serde_json::from_slice(&output.stdout).map_err(|_| io::Error::new(ErrorKind::InvalidData, rubbish))
}

/// The beginning of what somebody else said, with nothing in it that a terminal obeys.
fn printable(said: &str) -> String {
    said.chars().filter(|character| !character.is_control()).take(200).collect()
}
