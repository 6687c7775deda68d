//! Finds what is compared: builds our programs, compiles those in C, looks for the installed ones.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use base::process;
use edition::Project;
use record::building::Built;
use record::launches;

/// All that commands start, but for what can't be had here.
pub struct Programs {
    root: PathBuf,
    built: Built,
    /// Why, and what to do, by the name that a command has for it.
    missing: HashMap<String, String>,
}

/// The longest that a compiler may take for one of our programs in C, or a tool for saying its version.
const LIMIT: Duration = Duration::from_secs(60);

/// Where the programs in C are compiled to, from the project's root.
const COMPILED: &str = "target/compare/";

/// The compiler's arguments. A program that rustc links has its symbols looked up as it starts; without the last one, each
/// child of `fork` would look up `_exit` anew, and copy the pages that this writes to.
pub const C: [&str; 6] = ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-pthread", "-Wl,-z,now"];

impl Programs {
    /// Builds, compiles and looks for all that these commands start. What isn't installed is no error.
    ///
    /// # Errors
    /// A program of ours can't be built, or a compiler or tool that is there doesn't do what it should.
    pub fn find(project: &Project, commands: &[&str]) -> Result<Self> {
        let slugs: BTreeSet<&str> = commands.iter().filter_map(|command| experiment(command)).collect();
        let others: BTreeSet<String> = commands.iter().flat_map(|command| others(command)).collect();
        let built = Built::build(project, &slugs.into_iter().collect::<Vec<_>>(), false)?;
        let mut missing = HashMap::new();
        for name in others {
            let why = match name.strip_prefix(COMPILED) {
                Some(name) => compile(&project.root, name)?,
                None => look_for(&name)?,
            };
            missing.extend(why.map(|why| (name, why)));
        }
        Ok(Self { root: project.root.clone(), built, missing })
    }

    /// Why something that this command starts can't be had here, and what to do; nothing if all can.
    pub fn missing(&self, command: &str) -> Option<&str> {
        others(command).into_iter().find_map(|name| self.missing.get(&name)).map(String::as_str)
    }

    /// What runs this command.
    ///
    /// # Errors
    /// It starts a program of ours that isn't there.
    pub fn command(&self, command: &str) -> Result<Command> {
        let words = self.built.without_cargo(command.split(' ').map(str::to_owned).collect())?;
        let whole = |word: &String| match word.starts_with(COMPILED) {
            true => self.root.join(word),
            false => PathBuf::from(word),
        };
        let mut command = Command::new(whole(&words[0]));
        command.args(words[1..].iter().map(whole)).current_dir(&self.root);
        Ok(command)
    }
}

/// The slug of the experiment that a command starts, if it starts one.
fn experiment(command: &str) -> Option<&str> {
    command.strip_prefix("cargo run -p ")?.split(' ').next()
}

/// What else a command starts: a program in C by its path, what is installed by its name, and of `perf bench` the collection
/// as well, which an old one may not have.
fn others(command: &str) -> Vec<String> {
    let words: Vec<&str> = command.split(' ').collect();
    let (placed, program) = match words[..] {
        ["cargo", ..] => return Vec::new(),
        ["taskset", "-c", _, ref program @ ..] => (Some("taskset".to_owned()), program),
        ref program => (None, program),
    };
    let collection = program.iter().find(|word| COLLECTIONS.contains(word)).map(|of| format!("perf bench {of}"));
    placed.into_iter().chain([program[0].to_owned()]).chain(collection).collect()
}

/// What of `perf bench` is used.
const COLLECTIONS: [&str; 2] = ["sched", "breakpoint"];

/// Compiles one of the programs in C; why it can't be, if nothing here compiles.
fn compile(root: &Path, name: &str) -> Result<Option<String>> {
    let folder = root.join(COMPILED);
    fs::create_dir_all(&folder).with_context(|| format!("can't write {}", folder.display()))?;
    let (source, program) = (root.join("scripts/compare/c").join(name).with_extension("c"), folder.join(name));
    // What an earlier compiler left is not what this one makes.
    let _ = fs::remove_file(&program);
    let mut command = Command::new("cc");
    command.args(C).arg("-o").arg(&program).arg(&source).arg("-ldl");
    match launches::run(&mut command, &format!("cc {}", source.display()), LIMIT) {
        Ok(_) => Ok(None),
        Err(error) => match error.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
            Some(ErrorKind::NotFound) => Ok(Some("cc is missing: install a C compiler (gcc, libc6-dev)".to_owned())),
            _ => Err(error),
        },
    }
}

/// Looks for a tool on the PATH; why it can't be had, if so. A collection of `perf bench` is there if perf lists it.
fn look_for(name: &str) -> Result<Option<String>> {
    let mut words = name.split(' ');
    let program = words.next().unwrap_or(name);
    let package = if program == "perf" { "linux-perf, 6.1 or later" } else { "util-linux" };
    let mut command = Command::new(program);
    match words.collect::<Vec<_>>()[..] {
        [] => command.arg("--version"),
        ref words => command.args(words),
    };
    match process::output(&mut command, LIMIT) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(Some(format!("{program} is missing: install {package}")))
        }
        // Ubuntu's `perf` is a script that may not find the one for this kernel, and says so.
        Ok(output) if !output.status.success() => {
            let ending = process::ending(output.status);
            Ok(Some(format!("{name} doesn't run here ({ending}): install {package}, for this kernel")))
        }
        found => found.map(|_| None).with_context(|| name.to_owned()),
    }
}
