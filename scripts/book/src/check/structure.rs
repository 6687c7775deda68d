//! Whether chapters, experiments and the files that chapters include belong together.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use base::files;
use regex::Regex;

use super::files_in;
use crate::new::TO_WRITE;
use crate::{Problem, SRC, line_at};

/// Checks the whole project but for the includes, which a build checks.
pub fn check(root: &Path) -> Vec<Problem> {
    let summary = files::text(&root.join(SRC).join("SUMMARY.md")).unwrap_or_default();
    let listed: Vec<String> = listed(&summary).collect();
    let mut problems = [experiments(root, &listed), unwritten(root), strangers(root, "README.md")].concat();
    for page in pages(root) {
        let file = format!("{SRC}/{page}");
        problems.extend(strangers(root, &file));
        problems.extend(undefined(root, &file));
        if !listed.contains(&page) && page != "404.md" {
            let what = "SUMMARY.md doesn't list this page, so nobody finds it; list it there, or delete it";
            problems.push(Problem::at(file, 0, what));
        }
    }
    problems.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].iter().flat_map(|page| dead_links(root, page)));
    problems
}

/// Every Markdown file below book/src but SUMMARY.md, relative to it.
pub(super) fn pages(root: &Path) -> Vec<String> {
    let files = files_in(&root.join(SRC)).into_iter();
    let pages = files.map(|path| path.to_string_lossy().into_owned());
    pages.filter(|path| path.ends_with(".md") && path != "SUMMARY.md").collect()
}

/// The files that SUMMARY.md lists.
fn listed(summary: &str) -> impl Iterator<Item = String> {
    use pulldown_cmark::{Event, Parser, Tag};
    Parser::new(summary).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.trim_start_matches("./").replace("%20", " ")),
        _ => None,
    })
}

/// Every experiment has a chapter of its name, and a lesson.
fn experiments(root: &Path, listed: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in fs::read_dir(root.join("experiments")).into_iter().flatten().flatten() {
        let (slug, folder) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        if slug == "lab" || !folder.join("Cargo.toml").is_file() {
            continue;
        }
        let mut tell = |what: String| problems.push(Problem::at(format!("experiments/{slug}"), 0, what));
        if !listed.contains(&format!("{slug}.md")) {
            tell(format!("it has no chapter; write {SRC}/{slug}.md and list it in SUMMARY.md"));
        }
        if !folder.join("lesson.toml").is_file() {
            tell("it has no lesson.toml; write one that says what to draw and what to judge".to_owned());
        }
    }
    problems
}

/// What a new experiment left for a person to write.
fn unwritten(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for folder in ["experiments", SRC] {
        for path in files_in(&root.join(folder)).iter().map(|file| Path::new(folder).join(file)) {
            let text = files::text(&root.join(&path)).unwrap_or_default();
            for (number, line) in text.lines().enumerate() {
                if let Some((_, what)) = line.split_once(TO_WRITE) {
                    let what = format!("still to be written: {}", what.trim_end_matches('"'));
                    problems.push(Problem::at(path.to_string_lossy(), number + 1, what));
                }
            }
        }
    }
    problems
}

/// References of a page to a link that it doesn't define: they would be printed as they are written.
fn undefined(root: &Path, page: &str) -> Vec<Problem> {
    use pulldown_cmark::{BrokenLink, LinkType, Options, Parser};
    let text = files::text(&root.join(page)).unwrap_or_default();
    let mut problems = Vec::new();
    let tell = |link: BrokenLink<'_>| {
        // Brackets alone may be meant as brackets.
        if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
            let what = format!("the link [{}] isn't defined; define it at the end of the page", link.reference);
            problems.push(Problem::at(page, line_at(&text, link.span.start), what));
        }
        None
    };
    Parser::new_with_broken_link_callback(&text, Options::empty(), Some(tell)).for_each(drop);
    problems
}

/// Links of a page outside the book that lead to no file of the project.
fn dead_links(root: &Path, page: &str) -> Vec<Problem> {
    use pulldown_cmark::{CowStr, Event, Parser, Tag};
    let text = files::text(&root.join(page)).unwrap_or_default();
    let links = Parser::new(&text).into_offset_iter().filter_map(|(event, range)| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some((dest_url, range.start)),
        _ => None,
    });
    let dead = links.filter(|(url, _)| {
        let file = url.split(['#', '?']).next().unwrap_or_default();
        !file.contains(':') && !file.is_empty() && !root.join(file).exists()
    });
    let problem = |(url, at): (CowStr<'_>, usize)| {
        Problem::at(page, line_at(&text, at), format!("{:?} leads nowhere; correct the link", &*url))
    };
    dead.map(problem).collect()
}

/// Names of experiments that a page uses and that aren't there.
fn strangers(root: &Path, page: &str) -> Vec<Problem> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        let package = r"\bcargo\s+(?:run|bench|test|build)\b[^\n`<]*?\s(?:-p|--package)[ =]?([a-z][a-z0-9_-]*)";
        let ours = r"\bcargo\s+(?:record|soak)\s+([a-z][a-z0-9_-]*)";
        Regex::new(&format!(r"{package}|{ours}|\bexperiments/([a-z][a-z0-9_-]*)")).expect("a pattern")
    });
    let text = files::text(&root.join(page)).unwrap_or_default();
    let named = NAMED.captures_iter(&text).filter_map(|found| found.iter().skip(1).flatten().next());
    let unknown = named
        .filter(|name| ["experiments", "scripts"].iter().all(|folder| !root.join(folder).join(name.as_str()).is_dir()));
    let problem = |name: regex::Match<'_>| {
        let what = format!("there is no experiment {:?}; correct the name, or add it to experiments/", name.as_str());
        Problem::at(page, line_at(&text, name.start()), what)
    };
    unknown.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    /// A sound project, what replaces or joins it, and the complaint; none where it is right.
    const SOUND: &[(&str, &str)] = &[
        ("book/src/SUMMARY.md", "# Summary\n\n[Introduction](introduction.md)\n\n- [One](one.md)\n"),
        ("book/src/introduction.md", "# Introduction\n\nNo experiment is needed here.\n"),
        ("book/src/one.md", "# One\n\n`cargo run -p one`\n"),
        ("experiments/lab/Cargo.toml", ""),
        ("experiments/one/Cargo.toml", ""),
        ("experiments/one/lesson.toml", ""),
        ("scripts/record/Cargo.toml", ""),
    ];

    const CASES: &[(&str, &str, Option<&str>)] = &[
        ("book/src/404.md", "# Not here", None),
        ("book/src/deep/data.csv", "a,b", None),
        ("experiments/README.md", "", None),
        ("experiments/notes/README.md", "", None),
        ("book/src/one.md", "`cargo bench -p one -- --quick`, ../../experiments/one/src, `cargo run -p record`", None),
        ("book/src/one.md", "`cargo run -p <slug>`, `cargo run -p NAME`, experiments/<slug>", None),
        ("book/src/one.md", "`cargo run` and then `mkdir -p folder`", None),
        ("experiments/two/Cargo.toml", "", Some("experiments/two: it has no chapter")),
        ("experiments/two/Cargo.toml", "", Some("experiments/two: it has no lesson.toml")),
        ("book/src/SUMMARY.md", "[Introduction](introduction.md)", Some("experiments/one: it has no chapter")),
        ("book/src/stray.md", "# Stray", Some("book/src/stray.md: SUMMARY.md doesn't list this page")),
        ("book/src/deep/stray.md", "# Stray", Some("book/src/deep/stray.md: SUMMARY.md")),
        ("book/src/one.md", "\n`cargo run -p two`", Some("book/src/one.md:2: there is no experiment \"two\"")),
        ("book/src/one.md", "cargo run --release --package=two", Some("no experiment \"two\"")),
        ("book/src/one.md", "cargo bench --quiet -p two", Some("no experiment \"two\"")),
        ("book/src/one.md", "{{#include ../../experiments/two/src/lib.rs}}", Some("no experiment \"two\"")),
    ];

    #[test]
    fn chapters_and_experiments_belong_together() {
        assert_eq!(check(project(SOUND).path()), []);
        for (path, text, complaint) in CASES {
            let mut files = SOUND.to_vec();
            files.push((path, text));
            let told: Vec<String> = check(project(&files).path()).iter().map(ToString::to_string).collect();
            match complaint {
                None => assert!(told.is_empty(), "{path} {text}: {told:?}"),
                Some(line) => {
                    assert!(told.iter().any(|told| told.contains(line)), "{path} {text}: {told:?}");
                }
            }
        }
    }
}
