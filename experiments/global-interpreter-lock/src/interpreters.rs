//! Finds the Python interpreters of this machine. Each is asked what it is, and its file name doesn't count.

use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::process;
use serde::Deserialize;

use crate::cpython::{LIMITS, Python, printable, run};

/// What an interpreter says about itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    implementation: String,
    version: (u32, u32, u32),
    executable: PathBuf,
    /// Whether it was built with a global interpreter lock.
    built_with_lock: bool,
    /// Whether its lock is switched on.
    pub locked: bool,
    /// Whether its sub-interpreters have locks of their own.
    pub subinterpreters: bool,
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.version;
        let without = if self.built_with_lock { "" } else { " without a lock" };
        write!(
            f,
            "{} {major}.{minor}.{patch}{without}",
            printable(&self.implementation)
        )
    }
}

/// Why a program isn't used, and what it says that it is, if it does.
pub struct Refused {
    is: Option<String>,
    why: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.is {
            Some(is) => write!(f, "it is {is}: {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

/// The interpreters that were found.
#[derive(Default)]
pub struct Found {
    /// The newest with a lock.
    pub locked: Option<Python>,
    /// The newest that was built without a lock.
    pub unlocked: Option<Python>,
    /// Those that aren't used: a reason, and all interpreters for which it is the reason.
    pub passed_over: Vec<(String, Vec<String>)>,
}

/// Asks a program what it is.
pub fn ask(program: &Path) -> Result<Python, Refused> {
    let about: About =
        run(program, "about.py", &[], LIMITS[0]).map_err(|error| {
            let why = match error.to_string() {
                // A shim of pyenv says this of a version that isn't switched on.
                why if why.contains("command not found") => {
                    "it says `command not found`, as a shim of pyenv does"
                        .to_owned()
                }
                _ if error.kind() == io::ErrorKind::TimedOut => {
                    format!("it took longer than {} s", LIMITS[0].as_secs())
                }
                why => why,
            };
            Refused { is: None, why }
        })?;
    let refused = |why: &str| {
        Err(Refused { is: Some(about.to_string()), why: why.to_owned() })
    };
    if about.implementation != "CPython" {
        return refused("only CPython can be used");
    }
    if about.version < (3, 8, 0) {
        return refused("3.8 is the oldest that can be used");
    }
    if about.locked && !about.built_with_lock {
        return refused("its lock has been switched on again");
    }
    // The program on the PATH may be a script that looks for the interpreter anew each time.
    let program = if about.executable.is_file() {
        about.executable.clone()
    } else {
        program.to_owned()
    };
    Ok(Python { program, about })
}

impl Found {
    /// Only this interpreter.
    pub fn only(python: Python) -> Self {
        let mut found = Self::default();
        found.add(python);
        found
    }

    /// The interpreters on the PATH, and those of pyenv. Of each kind the newest is used, and of several as new the first.
    pub fn all() -> Self {
        let (mut found, mut seen) = (Self::default(), BTreeSet::new());
        let (programs, shims) = programs();
        if shims {
            found.pass_over(
                "they only call interpreters that were asked directly",
                "pyenv's shims".to_owned(),
            );
        }
        for program in programs {
            // An interpreter may have several names.
            if !is_new(&program, &mut seen) {
                continue;
            }
            match ask(&program) {
                Ok(python) => {
                    let is_itself = fs::canonicalize(&python.program).ok()
                        == fs::canonicalize(&program).ok();
                    if is_itself || is_new(&python.program, &mut seen) {
                        found.add(python);
                    }
                }
                Err(Refused { is, why }) => {
                    found.pass_over(&why, is.unwrap_or_else(|| shown(&program)));
                }
            }
        }
        found
    }

    fn add(&mut self, python: Python) {
        let place =
            if python.about.locked { &mut self.locked } else { &mut self.unlocked };
        let other = match place {
            Some(best) if best.about.version >= python.about.version => {
                Some(python)
            }
            _ => place.replace(python),
        };
        if let Some(other) = other {
            self.pass_over(
                "another one of the same kind is at least as new",
                other.about.to_string(),
            );
        }
    }

    fn pass_over(&mut self, why: &str, who: String) {
        match self.passed_over.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, all)) => all.push(who),
            None => self.passed_over.push((why.to_owned(), vec![who])),
        }
    }
}

/// The programs that may be interpreters, first on the PATH, then among the versions of pyenv, if pyenv is here. And whether
/// its shims were passed over.
fn programs() -> (Vec<PathBuf>, bool) {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> =
        env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let root = process::output(Command::new("pyenv").arg("root"), LIMITS[0]).ok();
    let root = root
        .filter(|said| said.status.success())
        .and_then(|said| String::from_utf8(said.stdout).ok());
    let root = root
        .map(|said| PathBuf::from(said.trim_end()))
        .filter(|root| root.is_absolute());
    let versions = root
        .iter()
        .flat_map(|root| in_order(&root.join("versions")))
        .map(|version| version.join("bin"));
    let shims =
        root.as_ref().and_then(|root| root.join("shims").canonicalize().ok());
    let is_shims =
        |folder: &PathBuf| shims.is_some() && folder.canonicalize().ok() == shims;
    let all =
        folders.iter().cloned().chain(versions).filter(|folder| !is_shims(folder));
    (
        all.flat_map(|folder| in_order(&folder))
            .filter(|file| may_be_python(file))
            .collect(),
        folders.iter().any(is_shims),
    )
}

/// What is in a folder, ordered by name; nothing if the folder can't be read.
fn in_order(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    all.sort_unstable();
    all
}

/// Whether a file can be run, and is called python, with or without a version and the letters of a build.
fn may_be_python(file: &Path) -> bool {
    let version = file
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.strip_prefix("python"));
    let is_called_so = version.is_some_and(|version| {
        let letters = version.trim_start_matches(|character: char| {
            character.is_ascii_digit() || character == '.'
        });
        letters.len() <= 2
            && letters.chars().all(|letter| letter.is_ascii_lowercase())
    });
    is_called_so
        && fs::metadata(file).is_ok_and(|about| {
            about.is_file() && about.permissions().mode() & 0o111 != 0
        })
}

/// Whether this file hasn't been seen yet, under any name. Now it has.
fn is_new(file: &Path, seen: &mut BTreeSet<(u64, u64)>) -> bool {
    fs::metadata(file).is_ok_and(|about| seen.insert((about.dev(), about.ino())))
}

/// A path, shortened by the home folder if it lies in there.
fn shown(path: &Path) -> String {
    let home =
        env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let short = home.and_then(|home| {
        path.strip_prefix(home).ok().map(|rest| Path::new("~").join(rest))
    });
    printable(&short.unwrap_or_else(|| path.to_owned()).to_string_lossy())
}
