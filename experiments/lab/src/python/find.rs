//! Finds the Python interpreters of this machine. Each is asked what it is, and its file name doesn't count.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;

use super::{LIMITS, Python, printable, printed, read};
use crate::process;

/// What an interpreter says about itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    implementation: String,
    /// Major, minor, and micro version.
    pub version: (u32, u32, u32),
    /// What compiled it.
    #[serde(default)]
    compiler: String,
    executable: PathBuf,
    /// Whether it was built with a global interpreter lock.
    built_with_lock: bool,
    /// Whether its lock is switched on.
    pub locked: bool,
    /// Whether its sub-interpreters have locks of their own.
    subinterpreters: bool,
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.version;
        let without = if self.built_with_lock { "" } else { " without a lock" };
        write!(f, "{} {major}.{minor}.{patch}{without}", printable(&self.implementation))
    }
}

/// What an interpreter can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What threads do under a lock that all of them share.
    Locked,
    /// What sub-interpreters do that have a lock each.
    Subinterpreters,
    /// What threads do without a lock.
    Unlocked,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Locked, Self::Subinterpreters, Self::Unlocked];

    /// The kind that a way takes, by its name.
    pub fn of(way: &str) -> Self {
        match way {
            _ if way.starts_with("python-free-") => Self::Unlocked,
            _ if way.contains("interpreter") => Self::Subinterpreters,
            _ => Self::Locked,
        }
    }

    fn has(self, about: &About) -> bool {
        match self {
            Self::Locked => about.locked,
            Self::Subinterpreters => about.locked && about.subinterpreters,
            Self::Unlocked => !about.locked,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Locked => "CPython, 3.8 or newer, with a lock",
            Self::Subinterpreters => "CPython, 3.12 or newer, with a lock and sub-interpreters",
            Self::Unlocked => "CPython, 3.13 or newer, built without the lock",
        })
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

/// Programs that aren't used: a reason, and all programs for which it is the reason.
pub type PassedOver = Vec<(String, Vec<String>)>;

/// The interpreters that are here.
#[derive(Clone, Debug, Default)]
pub struct Here {
    /// All that could be asked, in the order in which they were found: every CPython, of whatever version.
    pub pythons: Vec<Python>,
    /// The others.
    pub passed_over: PassedOver,
}

/// Asks a program what it is.
///
/// # Errors
/// It isn't a CPython as it was built, or doesn't say.
pub fn ask(program: &Path) -> Result<Python, Refused> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/about.py");
    let said = printed(program, &script, &[], LIMITS[0]).and_then(|said| read::<About>(&script, &said));
    let about = said.map_err(|error| {
        let why = match error.to_string() {
            // A shim of pyenv says this of a version that isn't switched on.
            why if why.contains("command not found") => {
                "it says `command not found`, as a shim of pyenv does".to_owned()
            }
            _ if error.kind() == io::ErrorKind::TimedOut => format!("it took longer than {} s", LIMITS[0].as_secs()),
            why => why,
        };
        Refused { is: None, why }
    })?;
    let refused = |why: &str| Err(Refused { is: Some(about.to_string()), why: why.to_owned() });
    if about.implementation != "CPython" {
        return refused("only CPython can be used");
    }
    if about.locked && !about.built_with_lock {
        return refused("its lock has been switched on again");
    }
    // The program on the PATH may be a script that looks for the interpreter anew each time.
    let program = if about.executable.is_file() { about.executable.clone() } else { program.to_owned() };
    Ok(Python { program, about })
}

/// Lets an interpreter pass that is new enough for the scripts.
///
/// # Errors
/// It is too old.
pub fn fits(python: Python) -> Result<Python, Refused> {
    match python.about.version {
        (0..=2, ..) | (3, 0..=7, _) => {
            let why = "3.8 is the oldest that can be used".to_owned();
            Err(Refused { is: Some(python.about.to_string()), why })
        }
        _ => Ok(python),
    }
}

/// Of each kind the newest interpreter, and of several as new the first; and those that aren't used, with the reason.
pub fn newest(here: Here) -> (Vec<(Kind, Python)>, PassedOver) {
    let Here { pythons, mut passed_over } = here;
    let mut fit = Vec::new();
    for python in pythons {
        match fits(python) {
            Ok(python) => fit.push(python),
            Err(Refused { is, why }) => pass_over(&mut passed_over, &why, is.unwrap_or_default()),
        }
    }
    let mut newest: Vec<(Kind, Python)> = Vec::new();
    for kind in Kind::ALL {
        let of_kind = fit.iter().filter(|python| kind.has(&python.about));
        // Of several that are as new, `max_by_key` takes the last.
        if let Some(best) = of_kind.rev().max_by_key(|python| python.about.version) {
            newest.push((kind, best.clone()));
        }
    }
    for python in fit.iter().filter(|python| newest.iter().all(|(_, used)| used.program != python.program)) {
        pass_over(&mut passed_over, "another one of the same kind is at least as new", python.about.to_string());
    }
    (newest, passed_over)
}

/// The build with a lock that was made of the same version by the same compiler, if it is here.
pub fn with_lock(free: &Python) -> Option<Python> {
    let is_sibling = |python: &&Python| {
        let (python, free) = (&python.about, &free.about);
        python.locked && python.version == free.version && python.compiler == free.compiler
    };
    Here::all().pythons.iter().find(is_sibling).cloned()
}

/// Of each version, and of its builds with and without a lock, the newest interpreter, from the oldest version to the newest; and
/// those that aren't used, with the reason.
pub fn versions(here: Here) -> (Vec<Python>, PassedOver) {
    let Here { mut pythons, mut passed_over } = here;
    let version = |python: &Python| (python.about.version.0, python.about.version.1, !python.about.locked);
    // Of several that are as new, the first stays the first.
    pythons.sort_by_key(|python| (version(python), Reverse(python.about.version)));
    let mut newest: Vec<Python> = Vec::new();
    for python in pythons {
        if newest.last().is_some_and(|last| version(last) == version(&python)) {
            let why = "another one of the same version is at least as new";
            pass_over(&mut passed_over, why, python.about.to_string());
        } else {
            newest.push(python);
        }
    }
    (newest, passed_over)
}

fn pass_over(passed_over: &mut PassedOver, why: &str, who: String) {
    match passed_over.iter_mut().find(|(reason, _)| reason == why) {
        Some((_, all)) => all.push(who),
        None => passed_over.push((why.to_owned(), vec![who])),
    }
}

impl Here {
    /// Only this interpreter.
    pub fn only(python: Python) -> Self {
        Self { pythons: vec![python], passed_over: PassedOver::new() }
    }

    /// The interpreters on the PATH, and those of pyenv. They are asked once.
    pub fn all() -> Self {
        static ALL: OnceLock<Here> = OnceLock::new();
        ALL.get_or_init(Self::ask_all).clone()
    }

    fn ask_all() -> Self {
        let (mut here, mut seen) = (Self::default(), BTreeSet::new());
        let (programs, shims) = programs();
        if shims {
            let why = "they only call interpreters that were asked directly";
            pass_over(&mut here.passed_over, why, "pyenv's shims".to_owned());
        }
        for program in programs {
            // An interpreter may have several names.
            if !is_new(&program, &mut seen) {
                continue;
            }
            match ask(&program) {
                Ok(python) => {
                    let is_itself = fs::canonicalize(&python.program).ok() == fs::canonicalize(&program).ok();
                    if is_itself || is_new(&python.program, &mut seen) {
                        here.pythons.push(python);
                    }
                }
                Err(Refused { is, why }) => {
                    pass_over(&mut here.passed_over, &why, is.unwrap_or_else(|| shown(&program)));
                }
            }
        }
        here
    }
}

/// The programs that may be interpreters, first on the PATH, then among the versions of pyenv, if pyenv is here. And whether
/// its shims were passed over.
fn programs() -> (Vec<PathBuf>, bool) {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let root = process::output(Command::new("pyenv").arg("root"), LIMITS[0]).ok();
    let root = root.filter(|said| said.status.success()).and_then(|said| String::from_utf8(said.stdout).ok());
    let root = root.map(|said| PathBuf::from(said.trim_end())).filter(|root| root.is_absolute());
    let versions = root.iter().flat_map(|root| in_order(&root.join("versions"))).map(|version| version.join("bin"));
    let shims = root.as_ref().and_then(|root| root.join("shims").canonicalize().ok());
    let is_shims = |folder: &PathBuf| shims.is_some() && folder.canonicalize().ok() == shims;
    let all = folders.iter().cloned().chain(versions).filter(|folder| !is_shims(folder));
    (
        all.flat_map(|folder| in_order(&folder)).filter(|file| may_be_python(file)).collect(),
        folders.iter().any(is_shims),
    )
}

/// What is in a folder, ordered by name; nothing if the folder can't be read.
fn in_order(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    all.sort_unstable();
    all
}

/// Whether a file can be run, and is called python, with or without a version and the letters of a build.
fn may_be_python(file: &Path) -> bool {
    let version = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("python"));
    let is_called_so = version.is_some_and(|version| {
        let letters = version.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
        letters.len() <= 2 && letters.chars().all(|letter| letter.is_ascii_lowercase())
    });
    is_called_so && fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// Whether this file hasn't been seen yet, under any name. Now it has.
fn is_new(file: &Path, seen: &mut BTreeSet<(u64, u64)>) -> bool {
    fs::metadata(file).is_ok_and(|about| seen.insert((about.dev(), about.ino())))
}

/// A path, shortened by the home folder if it lies in there.
fn shown(path: &Path) -> String {
    let home = env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let short = home.and_then(|home| path.strip_prefix(home).ok().map(|rest| Path::new("~").join(rest)));
    printable(&short.unwrap_or_else(|| path.to_owned()).to_string_lossy())
}
