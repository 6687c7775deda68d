//! `cargo run -- check`: builds the book and finds what mdBook doesn't.

pub mod data;
pub mod html;
pub mod links;
pub mod numbers;
pub mod structure;

use std::fs;
use std::path::{Path, PathBuf};

use edition::Project;
use regex::Regex;

use crate::{Broken, Problem, building};

/// What a check found, and what it looked at.
#[derive(Debug)]
pub struct Findings {
    /// Every problem, in order; none if all is well.
    pub problems: Vec<Problem>,
    /// What was looked at, in words.
    pub looked_at: String,
}

/// Builds and checks everything, and reports all problems at once.
pub fn run(root: &Path) -> Findings {
    let mut problems = structure::check(root);
    let (read, numbers) = numbers::check(root);
    problems.extend(numbers);
    let mut pages = links::Links::default();
    match building::build(root) {
        Ok(built) => {
            pages = links::check(root, &built);
            problems.append(&mut pages.problems);
        }
        Err(Broken(found)) => problems.extend(found),
    }
    // If the project can't be opened, the build has said so.
    if let Ok(project) = Project::open(root) {
        problems.extend(data::check(&project));
    }
    problems.sort();
    problems.dedup();
    let looked_at = format!("{} pages, {} links, {read} files of prose", pages.pages, pages.links);
    Findings { problems, looked_at }
}

/// Every file below `folder`, relative to it, in order; none if there is no such folder.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    fn walk(folder: &Path, below: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = below.join(entry.file_name());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => walk(&entry.path(), &path, found),
                _ => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, Path::new(""), &mut found);
    found.sort();
    found
}

/// `text` with everything that `pattern` matches overwritten, byte for byte, so that lines and offsets stay.
fn masked(text: &str, pattern: &Regex) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut end = 0;
    for found in pattern.find_iter(text) {
        masked.push_str(&text[end..found.start()]);
        masked.extend(found.as_str().bytes().map(|byte| if byte == b'\n' { '\n' } else { 'w' }));
        end = found.end();
    }
    masked + &text[end..]
}
