//! Builds the experiments and their benches, and finds the executables.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base::process;
use edition::Project;
use serde_json::Value;

use crate::launches::{run, words};

/// The executables of experiments, by slug.
pub struct Built {
    binaries: HashMap<String, PathBuf>,
    benches: HashMap<String, PathBuf>,
}

impl Built {
    /// Builds the experiments and, if `benches`, their benches too; cargo's own messages go to stderr.
    ///
    /// # Errors
    /// Cargo can't be started, or the build fails.
    pub fn build(project: &Project, slugs: &[&str], benches: bool) -> Result<Self> {
        let binaries = executables(project, slugs, &["build"], "bin")?;
        // In the profile of the programs and of the tests, which measures what a release does and is built already.
        let words = ["bench", "--no-run", "--profile", "dev"];
        let benches = if benches { executables(project, slugs, &words, "bench")? } else { HashMap::new() };
        Ok(Self { binaries, benches })
    }

    /// Lets the experiments prepare what their lessons say that they have to.
    ///
    /// # Errors
    /// One can't.
    pub fn prepare(&self, project: &Project, slugs: &[&str]) -> Result<()> {
        for slug in slugs {
            let Some(arguments) = &project.lesson(slug)?.record.prepare else { continue };
            let words = words(slug, arguments)?;
            let mut command = Command::new(self.binary(slug)?);
            run(command.args(words).current_dir(&project.root), &format!("{slug} {arguments}"), LIMIT)?;
        }
        Ok(())
    }

    /// The experiment's program.
    ///
    /// # Errors
    /// It was not built, or there is none.
    pub fn binary(&self, slug: &str) -> Result<&Path> {
        Ok(self.binaries.get(slug).with_context(|| format!("the package {slug} has no program {slug}"))?)
    }

    /// A command's words with the built program instead of `cargo run -p NAME`, whose own messages are not the experiment's.
    /// A package's examples are left to cargo.
    ///
    /// # Errors
    /// The experiment was not built, or there is none.
    pub fn without_cargo(&self, mut words: Vec<String>) -> Result<Vec<String>> {
        if let Some(at) = words.windows(3).position(|three| three == ["cargo", "run", "-p"]) {
            let name = words.get(at + 3).context("`cargo run -p` names no experiment")?;
            if words.get(at + 4).is_some_and(|word| word == "--example") {
                return Ok(words);
            }
            let program = self.binary(name)?.to_string_lossy().into_owned();
            let end = if words.get(at + 4).is_some_and(|word| word == "--") { at + 5 } else { at + 4 };
            words.splice(at..end, [program]);
        }
        Ok(words)
    }

    /// The experiment's bench, if it has one, to be started without cargo: killing cargo would leave it running.
    pub fn bench(&self, slug: &str) -> Option<&Path> {
        self.benches.get(slug).map(PathBuf::as_path)
    }
}

/// The longest that a build may take: far more than a slow machine needs that downloads everything.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// Runs cargo and takes from its messages the executables of this kind.
fn executables(project: &Project, slugs: &[&str], words: &[&str], kind: &str) -> Result<HashMap<String, PathBuf>> {
    // All of them are built as `cargo test` builds them, with the same features of what they depend on: so they are built already.
    let packages = match project.lessons.keys().all(|slug| slugs.contains(&&slug[..])) {
        true => vec!["--workspace"],
        false => slugs.iter().flat_map(|slug| ["--package", slug]).collect(),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(words)
        .args(["--quiet", "--message-format=json-render-diagnostics"])
        .args(packages)
        .current_dir(&project.root);
    let output = process::output_but_stderr(&mut command, LIMIT)
        .context("can't run cargo; let the variable CARGO or the PATH lead to it")?;
    ensure!(output.status.success(), "`cargo {}` failed; mend the build and record again", words.join(" "));
    let mut found = HashMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let target = &message["target"];
        if target["kind"][0] == kind
            && let (Some(name), Some(path)) = (target["name"].as_str(), message["executable"].as_str())
        {
            found.insert(name.to_owned(), PathBuf::from(path));
        }
    }
    Ok(found)
}
