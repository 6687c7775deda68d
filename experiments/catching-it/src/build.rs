//! Builds the programs that tools watch while they run, and writes commands so that a reader can type them.

use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use lab::process;

use crate::{Source, Tool};

/// How long a build may take. That of a standard library takes a minute or two.
const LIMIT: Duration = Duration::from_secs(600);

/// A command, as a reader would type it at the project's root.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    variables: Vec<(&'static str, String)>,
    words: Vec<String>,
}

impl Call {
    pub(crate) fn new(line: &str) -> Self {
        Self {
            variables: Vec::new(),
            words: line.split_whitespace().map(str::to_owned).collect(),
        }
    }

    pub(crate) fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.variables.push((variable, value.to_owned()));
        self
    }

    /// The command behind another one.
    pub(crate) fn behind(mut self, line: &str) -> Self {
        self.words.splice(0..0, line.split_whitespace().map(str::to_owned));
        self
    }

    /// The command with one word more, which may contain spaces.
    pub(crate) fn and(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }

    /// Runs the command. If there is no such program, the error is one of [`missing`].
    pub(crate) fn run(&self, limit: Duration) -> io::Result<Output> {
        let here = root()?.display().to_string();
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).current_dir(&here);
        // Cargo's own variables would choose a toolchain, and rustup might download one.
        for variable in [
            "CARGO",
            "RUSTC",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
            "CARGO_TARGET_DIR",
            "DEBUGINFOD_URLS",
        ] {
            command.env_remove(variable);
        }
        command.env("RUSTUP_AUTO_INSTALL", "0");
        // A tool's options may quote a path with either mark. This path may contain an apostrophe.
        let quote = if here.contains('\'') { "\"" } else { "'" };
        command.envs(self.variables.iter().map(|(name, value)| {
            (name, value.replace('\'', quote).replace("$PWD", &here))
        }));
        process::output(&mut command, limit).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                missing(format!("no {0}; install {0}", self.words[0]))
            }
            _ => error,
        })
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.variables {
            let quote = if value.contains('\'') { "\"" } else { "" };
            write!(f, "{name}={quote}{value}{quote} ")?;
        }
        f.write_str(&self.words.join(" "))
    }
}

/// The project's folder. Commands run there, so the paths in their output are relative to it.
pub(crate) fn root() -> io::Result<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize();
    found.map_err(|_| {
        io::Error::new(
            ErrorKind::NotFound,
            "the project's folder, where this was built, is gone; build this again",
        )
    })
}

/// How a program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    Plain,
    Tsan,
    TsanStd,
}

impl Source {
    /// The name of the source file.
    const fn file(self) -> &'static str {
        match self {
            Self::Workers => "workers.rs",
            Self::PlainRace => "plain-race.rs",
            Self::Locks => "locks.c",
        }
    }

    /// Where the executable lies, relative to the project's folder.
    pub(crate) fn executable(self, flavour: Flavour) -> String {
        let name = self.file().split('.').next().unwrap_or_default();
        match flavour {
            Flavour::Plain => format!("{TARGET}/{name}"),
            Flavour::Tsan => format!("{TARGET}/{name}-tsan"),
            Flavour::TsanStd => format!("{TARGET}/std/{}/release/{name}", triple()),
        }
    }

    /// The command that builds the executable, without the argument for its place.
    fn build(self, flavour: Flavour) -> Call {
        let file = format!("{PROGRAMS}/{}", self.file());
        match (self, flavour) {
            (Self::Locks, Flavour::Plain) => Call::new(&format!("cc -O1 -g -pthread {file}")),
            (Self::Locks, _) => Call::new(&format!("cc -O1 -g -pthread -fsanitize=thread {file}")),
            (_, Flavour::Plain) => Call::new(&format!("rustc --edition 2024 -O -C debuginfo=1 {file}")),
            (_, Flavour::Tsan) => Call::new(&format!(
                "rustc +nightly --edition 2024 -O -C debuginfo=1 -Z sanitizer=thread -C unsafe-allow-abi-mismatch=sanitizer {file}"
            )),
            (_, Flavour::TsanStd) => Call::new(&format!(
                "cargo +nightly build --release -Z build-std=std -Z build-std-features=panic-unwind --target {} --target-dir {TARGET}/std --manifest-path {PROGRAMS}/Cargo.toml",
                triple()
            ))
            .with("RUSTFLAGS", "-Zsanitizer=thread"),
        }
    }
}

impl Tool {
    pub(crate) fn flavour(self, source: Source) -> Flavour {
        match (self, source) {
            (Self::Tsan, _) | (Self::TsanStd, Source::Locks) => Flavour::Tsan,
            (Self::TsanStd, _) => Flavour::TsanStd,
            _ => Flavour::Plain,
        }
    }
}

/// Where executables are kept.
const TARGET: &str = "target/catching-it";

/// Where the programs are.
const PROGRAMS: &str = "experiments/catching-it/programs";

/// All files that the programs are built from.
const SOURCES: [&str; 7] = [
    "experiments/catching-it/programs/workers.rs",
    "experiments/catching-it/programs/plain-race.rs",
    "experiments/catching-it/programs/locks.c",
    "experiments/catching-it/programs/Cargo.toml",
    "scripts/loops/src/increments.rs",
    "scripts/loops/src/orders.rs",
    "scripts/loops/src/repairs.rs",
];

fn triple() -> String {
    format!("{}-unknown-linux-gnu", env::consts::ARCH)
}

/// Whether an executable is there and younger than all sources.
fn is_fresh(executable: &str) -> io::Result<bool> {
    let root = root()?;
    let Ok(built) =
        fs::metadata(root.join(executable)).and_then(|file| file.modified())
    else {
        return Ok(false);
    };
    for source in SOURCES {
        if fs::metadata(root.join(source))?.modified()? > built {
            return Ok(false);
        }
    }
    Ok(true)
}

/// An error of a kind of its own: something that a tool needs isn't here.
pub(crate) fn missing(why: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::Unsupported, why.into())
}

/// An error about a path in the project's folder, with the path.
fn at(path: &str, error: &io::Error) -> io::Error {
    let advice = match error.kind() {
        ErrorKind::PermissionDenied => {
            "; run this as the user that owns this folder"
        }
        _ => "",
    };
    io::Error::new(error.kind(), format!("can't write to {path}: {error}{advice}"))
}

/// Builds a program if it isn't built yet, and returns the command that does it.
pub(crate) fn build(source: Source, flavour: Flavour) -> io::Result<String> {
    let (executable, call) = (source.executable(flavour), source.build(flavour));
    let shown = match flavour {
        Flavour::TsanStd => call.to_string(),
        _ => format!("{call} -o {executable}"),
    };
    if is_fresh(&executable)? {
        return Ok(shown);
    }
    let root = root()?;
    fs::create_dir_all(root.join(TARGET)).map_err(|error| at(TARGET, &error))?;
    // Another process that builds this at the same time holds the lock.
    let lock = File::create(root.join(TARGET).join("lock"))
        .map_err(|error| at(TARGET, &error))?;
    lock.lock().map_err(|error| at(TARGET, &error))?;
    if is_fresh(&executable)? {
        return Ok(shown);
    }
    if call.words[1] == "+nightly" {
        let compiler = Call::new("rustc +nightly --version").run(LIMIT);
        if !compiler.is_ok_and(|output| output.status.success()) {
            return Err(missing(
                "no nightly toolchain; install it by `rustup toolchain install nightly`",
            ));
        }
    }
    // The executable has another name until it's whole, since the build may be killed.
    let new = format!("{executable}.new");
    let building = if flavour == Flavour::TsanStd {
        call.clone()
    } else {
        call.clone().and("-o").and(&new)
    };
    let output = building.run(LIMIT)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said
            .lines()
            .find(|line| line.contains("error"))
            .or(said.lines().last())
            .unwrap_or_default();
        return Err(match (source, flavour) {
            (Source::Locks, Flavour::Tsan) => missing(format!(
                "cc can't build for ThreadSanitizer: {}",
                why.trim()
            )),
            (_, Flavour::TsanStd) if said.contains("rust-src") => missing(
                "no sources of the standard library; add them by `rustup component add rust-src --toolchain nightly`",
            ),
            _ => io::Error::other(format!("`{call}` failed: {}", why.trim())),
        });
    }
    match flavour {
        // Cargo doesn't touch an executable that is up to date, so its time stamp is set here.
        Flavour::TsanStd => {
            File::options()
                .append(true)
                .open(root.join(&executable))?
                .set_modified(SystemTime::now())?;
        }
        _ => fs::rename(root.join(new), root.join(&executable))?,
    }
    Ok(shown)
}
