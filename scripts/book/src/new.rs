//! `cargo run -- new SLUG`: an experiment that builds, runs and is tested, and what only a person can write.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use base::files;
use charts::readme;
use edition::Project;

use crate::SRC;

macro_rules! template {
    ($($path:literal from $file:literal),* $(,)?) => { &[$(($path, include_str!(concat!("../template/", $file)))),*] };
}

/// What is made. In path and text, SLUG stands for the slug, CRATE for the crate's name in Rust, TITLE for the chapter's title.
const FILES: &[(&str, &str)] = template! {
    "experiments/SLUG/Cargo.toml" from "Cargo.toml.txt",
    "experiments/SLUG/lesson.toml" from "lesson.toml",
    "experiments/SLUG/src/lib.rs" from "src/lib.rs",
    "experiments/SLUG/src/main.rs" from "src/main.rs",
    "experiments/SLUG/src/cost.rs" from "src/cost.rs",
    "experiments/SLUG/benches/SLUG.rs" from "benches/bench.rs",
    "experiments/SLUG/tests/SLUG.rs" from "tests/claim.rs",
    "book/src/SLUG.md" from "chapter.md",
};

/// What stands before all that is still to be written, up to the end of its line.
pub const TO_WRITE: &str = "WRITE: ";

/// Makes an experiment of this name, with its lesson and its chapter, and lists the chapter. Returns what was made.
///
/// # Errors
/// The name can't be an experiment's, or is taken; a file can't be written. Nothing of it is left then.
pub fn create(root: &Path, slug: &str) -> Result<Vec<PathBuf>> {
    let summary = root.join(SRC).join("SUMMARY.md");
    let listed = fs::read_to_string(&summary).with_context(|| format!("can't read {}", summary.display()))?;
    check_name(root, slug)?;
    let title = title(slug);
    let filled =
        |text: &str| text.replace("SLUG", slug).replace("CRATE", &slug.replace('-', "_")).replace("TITLE", &title);
    let all: Vec<(PathBuf, String)> = FILES
        .iter()
        .map(|(path, text)| (root.join(filled(path)), filled(text)))
        .chain([(summary, with(&listed, root, slug, &title))])
        .collect();
    let written: Vec<(&Path, &[u8])> = all.iter().map(|(path, text)| (&**path, text.as_bytes())).collect();
    let made = files::write_all_atomically(&written).map_err(anyhow::Error::from).and_then(|()| {
        // The README's map lists every experiment.
        readme::update(&Project::open(root)?).map(drop)
    });
    if let Err(error) = made {
        // What was not there before goes again; the summary is the last, and was there.
        let _ = fs::remove_dir_all(root.join("experiments").join(slug));
        let _ = fs::remove_file(root.join(SRC).join(format!("{slug}.md")));
        let _ = fs::write(root.join(SRC).join("SUMMARY.md"), &listed);
        return Err(error);
    }
    Ok(all.into_iter().map(|(path, _)| path).collect())
}

/// Refuses what can't be a crate, a folder, a chapter and a name on the command line at once.
fn check_name(root: &Path, slug: &str) -> Result<()> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_word = slug.starts_with(|c: char| c.is_ascii_lowercase()) && !slug.ends_with('-') && !slug.contains("--");
    ensure!(
        is_word && slug.chars().all(fine) && slug.len() <= 40,
        "{slug:?} can't be an experiment's name; give lower-case words with '-' between them, such as memory-ordering"
    );
    let taken = ["experiments", "scripts"].iter().map(|folder| root.join(folder).join(slug)).find(|path| path.exists());
    let page = root.join(SRC).join(format!("{slug}.md"));
    if let Some(path) = taken.or_else(|| page.exists().then_some(page)) {
        bail!("{} is there already; give another name", path.strip_prefix(root).unwrap_or(&path).display());
    }
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    ensure!(
        !lock.lines().any(|line| line == format!("name = \"{slug}\"")),
        "a dependency is called {slug} already, and `cargo run -p {slug}` would mean either; give another name"
    );
    Ok(())
}

/// The slug in words: `Memory ordering`.
fn title(slug: &str) -> String {
    let words = slug.replace('-', " ");
    words[..1].to_uppercase() + &words[1..]
}

/// The summary with the chapter behind the last one that is an experiment's, or at the end.
fn with(summary: &str, root: &Path, slug: &str, title: &str) -> String {
    let is_experiments = |line: &str| {
        let page = line.trim().rsplit_once("](").and_then(|(_, page)| page.strip_suffix(".md)"));
        page.is_some_and(|page| root.join("experiments").join(page).join("lesson.toml").is_file())
    };
    let mut lines: Vec<String> = summary.lines().map(str::to_owned).collect();
    let at = lines.iter().rposition(|line| is_experiments(line)).map_or(lines.len(), |last| last + 1);
    lines.insert(at, format!("- [{title}]({slug}.md)"));
    lines.join("\n") + "\n"
}
