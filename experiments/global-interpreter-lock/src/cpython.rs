//! CPython, where it is found: the scripts of `python/`, run by an interpreter of the reader's.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, ErrorKind, Write};
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lab::process;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The scripts, as files, for a process that `multiprocessing` spawns imports the file of its program. They last as long as this.
#[derive(Debug)]
pub struct Scripts {
    files: Vec<(&'static str, Script)>,
}

/// A file that has no name any more: the system takes it away with this process, however that ends. An interpreter finds it among
/// the files that this process has open. Source: proc_pid_fd(5).
#[cfg(target_os = "linux")]
type Script = std::fs::File;
/// Elsewhere no other process can open what has no name.
#[cfg(not(target_os = "linux"))]
type Script = tempfile::NamedTempFile;

const SCRIPTS: [(&str, &str); 4] = [
    ("about.py", include_str!("../python/about.py")),
    ("work.py", include_str!("../python/work.py")),
    ("late.py", include_str!("../python/late.py")),
    ("count.py", include_str!("../python/count.py")),
];

/// The longest that an interpreter may take to say what it is, and to run a script. It takes a small part of it.
const LIMITS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

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

impl Scripts {
    /// Writes the scripts.
    ///
    /// # Errors
    /// There is no room for temporary files.
    pub fn new() -> io::Result<Self> {
        let written = |(name, text): (&'static str, &str)| {
            #[cfg(target_os = "linux")]
            let mut file = tempfile::tempfile()?;
            #[cfg(not(target_os = "linux"))]
            let mut file = tempfile::NamedTempFile::new()?;
            file.write_all(text.as_bytes())?;
            Ok((name, file))
        };
        let refused = |error: io::Error| io::Error::other(format!("its scripts can't be written: {error}"));
        Ok(Self { files: SCRIPTS.into_iter().map(written).collect::<io::Result<_>>().map_err(refused)? })
    }

    /// The interpreter at this path, or of this name on the PATH.
    ///
    /// # Errors
    /// It isn't one that can run the scripts: the error says what it is, or does, instead.
    pub fn interpreter(&self, program: &Path) -> io::Result<Python> {
        let about: About = self.run(program, "about.py", &[], LIMITS[0])?;
        let (major, minor, patch) = about.version;
        if about.implementation != "CPython" {
            return Err(io::Error::other(format!("it is {}, not CPython", printable(&about.implementation))));
        }
        if (major, minor) < (3, 8) {
            return Err(io::Error::other(format!(
                "it is Python {major}.{minor}.{patch}, and 3.8 is the oldest that will do"
            )));
        }
        // What stands on the PATH may be a script that looks for the interpreter anew each time.
        let program = if about.executable.is_file() { about.executable.clone() } else { program.to_owned() };
        Ok(Python { program, about })
    }

    /// The first interpreter on the PATH that has one of these names and can run the scripts.
    ///
    /// # Errors
    /// There is none; if there is one that can't, the error says why.
    pub fn find(&self, names: &[&str]) -> io::Result<Python> {
        let folders = env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = env::split_paths(&folders).collect();
        let mut refused = None;
        for program in names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))) {
            if !program.is_file() {
                continue;
            }
            match self.interpreter(&program) {
                Ok(python) => return Ok(python),
                Err(error) => {
                    refused.get_or_insert(io::Error::other(format!("{}: {error}", program.display())));
                }
            }
        }
        Err(refused
            .unwrap_or_else(|| io::Error::new(ErrorKind::NotFound, format!("there is no {} on the PATH", names[0]))))
    }

    /// What the same computing and waiting took, in each way, one after the other first.
    ///
    /// # Errors
    /// The interpreter fails, or says something else.
    pub fn work(
        &self,
        python: &Python,
        workers: usize,
        [numbers, rounds]: [u64; 2],
        wait: Duration,
        ways: &[&str],
    ) -> io::Result<[Took; 2]> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Both {
            compute: Took,
            wait: Took,
        }
        let wait = wait.as_secs_f64().to_string();
        let mut words = vec![workers.to_string(), numbers.to_string(), wait, rounds.to_string(), "serially".to_owned()];
        words.extend(ways.iter().map(ToString::to_string));
        let both: Both = self.run(&python.program, "work.py", &words, LIMITS[1])?;
        let both = [both.compute, both.wait];
        let is_whole = |took: &Took| {
            let whole = |way: &str| {
                took.get(way).is_some_and(|took| took.len() as u64 == rounds && took.iter().all(|s| *s > 0.0))
            };
            words[4..].iter().all(|way| whole(way))
        };
        if both.iter().all(is_whole) { Ok(both) } else { Err(rubbish("work.py")) }
    }

    /// How late a thread was, in seconds, each of so many times after a pause, beside one that computes.
    ///
    /// # Errors
    /// As for [`Scripts::work`].
    pub fn late(&self, python: &Python, times: usize, pause: Duration) -> io::Result<Vec<f64>> {
        let words = [times.to_string(), pause.as_secs_f64().to_string()];
        let late: Vec<f64> = self.run(&python.program, "late.py", &words, LIMITS[1])?;
        if late.len() == times { Ok(late) } else { Err(rubbish("late.py")) }
    }

    /// How much is counted by so many threads that add one so often each: in a plain loop, with a call inside, with a lock of
    /// the program's own.
    ///
    /// # Errors
    /// As for [`Scripts::work`].
    pub fn count(&self, python: &Python, workers: usize, times: u64) -> io::Result<[u64; 3]> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Counted {
            plain: u64,
            call_inside: u64,
            own_lock: u64,
        }
        let words = [workers.to_string(), times.to_string()];
        let Counted { plain, call_inside, own_lock } = self.run(&python.program, "count.py", &words, LIMITS[1])?;
        Ok([plain, call_inside, own_lock])
    }

    /// Where an interpreter finds a script.
    fn path(&self, script: &str) -> PathBuf {
        let (_, file) = self.files.iter().find(|(name, _)| *name == script).expect("every script is written");
        #[cfg(target_os = "linux")]
        return format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()).into();
        #[cfg(not(target_os = "linux"))]
        return file.path().to_owned();
    }

    /// Runs a script and reads the JSON that it prints.
    fn run<T: DeserializeOwned>(
        &self,
        program: &Path,
        script: &str,
        words: &[String],
        limit: Duration,
    ) -> io::Result<T> {
        let mut command = Command::new(program);
        // Without the PYTHON… variables and what a user has installed, the scripts find the standard library as it is.
        command.args(["-E", "-s"]).arg(self.path(script)).args(words);
        let output = process::output(&mut command, limit)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            return Err(io::Error::other(format!(
                "{script} ended with {}: {}",
                process::ending(output.status),
                printable(last)
            )));
        }
        serde_json::from_slice(&output.stdout).map_err(|_| rubbish(script))
    }
}

impl About {
    /// The version, as in `CPython 3.11.7`.
    pub fn version(&self) -> String {
        let (major, minor, patch) = self.version;
        format!("CPython {major}.{minor}.{patch}")
    }
}

fn rubbish(script: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("what it printed for {script} is not what that prints"))
}

/// The beginning of what somebody else said, with nothing in it that a terminal obeys.
fn printable(said: &str) -> String {
    said.chars().filter(|character| !character.is_control()).take(200).collect()
}
