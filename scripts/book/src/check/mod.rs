//! `cargo run -- check`: builds the book and finds what mdBook doesn't.

pub mod data;
pub mod form;
pub mod habits;
pub mod html;
pub mod links;
pub mod numbers;
mod prose;
pub mod quantities;
mod source;
pub mod structure;
pub mod titles;

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
    /// In a draft, what only a new recording mends, in order; no problem of the change.
    pub stale: Vec<Problem>,
    /// What was looked at, in words.
    pub looked_at: String,
}

/// Builds and checks everything, and reports all problems at once. A draft's book is not published.
pub fn run(root: &Path, is_draft: bool) -> Findings {
    let (mut problems, mut stale) = (structure::check(root), Vec::new());
    let (read, numbers) = numbers::check(root);
    problems.extend(numbers);
    problems.extend(habits::check(root));
    // Of a draft, what is missing is what a whole book would lack.
    let whole = if is_draft { building::render(root).err() } else { None };
    let mut pages = links::Links::default();
    match if is_draft { building::render_draft(root) } else { building::build(root) } {
        Ok(built) => {
            pages = links::check(root, &built, if is_draft { built.unpublished() } else { &built.folder });
            problems.append(&mut pages.problems);
        }
        Err(Broken(found)) => problems.extend(found),
    }
    stale.extend(whole.into_iter().flat_map(|Broken(found)| found).filter(|found| !problems.contains(found)));
    // If the project can't be opened, the build has said so.
    if let Ok(project) = Project::open(root) {
        stale.extend(data::stale(&project));
        problems.extend(data::unused(&project));
        problems.extend(quantities::axes(&project));
        problems.extend(data::charts(&project));
        problems.extend(titles::check(&project));
        problems.extend(form::check(root, &project));
    }
    if !is_draft {
        problems.append(&mut stale);
    }
    for found in [&mut problems, &mut stale] {
        found.sort();
        found.dedup();
    }
    let looked_at = format!("{} pages, {} links, {read} files of prose", pages.pages, pages.links);
    Findings { problems, stale, looked_at }
}

/// Every file below `folder`, relative to it, in order; none if there is no such folder.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
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
