//! Finds what is compared: builds our programs, compiles those in C, looks for the installed ones.

use std::collections::HashMap;
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

use crate::rows::{Program, Row};

/// Where to start each program, or why it can't be had and what to do.
#[derive(Debug, Default)]
pub struct Programs(HashMap<Program, Result<PathBuf, String>>);

/// The longest that a compiler may take for one of our programs in C, or a tool for saying its version.
const LIMIT: Duration = Duration::from_secs(60);

/// The compiler's arguments. A program that rustc links has its symbols looked up as it starts; without the last one, each
/// child of `fork` would look up `_exit` anew, and copy the pages that this writes to.
pub const C: [&str; 6] = ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-pthread", "-Wl,-z,now"];

impl Programs {
    /// Builds, compiles and looks for all that these rows start. What isn't installed is no error.
    ///
    /// # Errors
    /// A program of ours can't be built, or a compiler or tool that is there doesn't do what it should.
    pub fn find(project: &Project, rows: &[Row]) -> Result<Self> {
        let mut wanted: Vec<Program> = Vec::new();
        for tool in rows.iter().flat_map(Row::tools) {
            if !wanted.contains(&tool.program) {
                wanted.push(tool.program);
            }
        }
        let slugs: Vec<&str> = wanted
            .iter()
            .filter_map(|program| if let Program::Experiment(slug) = program { Some(*slug) } else { None })
            .collect();
        let built = Built::build(project, &slugs, false)?;
        let find = |program: &Program| -> Result<(Program, Result<PathBuf, String>)> {
            let found = match program {
                Program::Experiment(slug) => Ok(built.binary(slug)?.to_owned()),
                Program::C(name) => compiled(&project.root, name)?,
                Program::Installed(name) => installed(name)?,
            };
            Ok((*program, found))
        };
        wanted.iter().map(find).collect::<Result<_>>().map(Self)
    }

    /// Where this program is.
    ///
    /// # Errors
    /// It isn't installed, and neither is what compiles it; the error says what to install.
    pub fn path(&self, program: Program) -> Result<&Path, &str> {
        match self.0.get(&program) {
            Some(Ok(path)) => Ok(path),
            Some(Err(why)) => Err(why),
            None => Err("nobody looked for it"),
        }
    }
}

/// Compiles one of the programs in C into `target/compare`.
fn compiled(root: &Path, name: &str) -> Result<Result<PathBuf, String>> {
    let folder = root.join("target/compare");
    fs::create_dir_all(&folder).with_context(|| format!("can't write {}", folder.display()))?;
    let (source, program) = (root.join("scripts/compare/c").join(name).with_extension("c"), folder.join(name));
    // What an earlier compiler left is not what this one makes.
    let _ = fs::remove_file(&program);
    let mut command = Command::new("cc");
    command.args(C).arg("-o").arg(&program).arg(&source);
    let what = format!("cc {}", source.display());
    match launches::run(&mut command, &what, LIMIT) {
        Err(error) if is_missing(&error) => Ok(Err("cc is missing: install a C compiler (gcc, libc6-dev)".to_owned())),
        compiled => compiled.map(|_| Ok(program)),
    }
}

/// Finds a tool on the PATH.
fn installed(name: &str) -> Result<Result<PathBuf, String>> {
    match process::output(Command::new(name).arg("--version"), LIMIT) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Err(format!("{name} is missing: install linux-perf"))),
        Err(error) => Err(error).with_context(|| format!("{name} --version")),
        // Ubuntu's `perf` is a script that may not find the one for this kernel, and says so.
        Ok(output) if !output.status.success() => Ok(Err(format!(
            "{name} doesn't run here ({}): install the one for this kernel",
            process::ending(output.status)
        ))),
        Ok(_) => Ok(Ok(PathBuf::from(name))),
    }
}

fn is_missing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::NotFound)
}
