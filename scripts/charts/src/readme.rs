//! The map of the experiments, in the book and in the README, and the README's charts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};
use base::files;
use edition::{Project, REFERENCE};
use regex::Regex;

use crate::kind::Asked;
use crate::palette::{DARK, LIGHT};
use crate::{directives, figure};

/// The generated part of the README stands between these lines.
const BEGIN: &str = "<!-- The map is made by `cargo charts` from the recording; edit lesson.toml instead. -->";
const END: &str = "<!-- End of the map. -->";

/// The charts that the README shows; each is made anew when the recording changes.
static CHARTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"book/data/reference/charts/([a-z0-9-]+)\.([a-z0-9-]+)\.(light|dark)\.svg")
        .expect("the pattern is constant")
});

/// The slugs of the chapters that are experiments, in the order of SUMMARY.md; those that it doesn't list come last.
pub fn in_order(project: &Project) -> Vec<&str> {
    let summary = files::text(&project.root.join("book/src/SUMMARY.md")).unwrap_or_default();
    let mut slugs: Vec<&str> = project.lessons.keys().map(String::as_str).collect();
    slugs.sort_by_key(|slug| summary.find(&format!("({slug}.md)")).unwrap_or(usize::MAX));
    slugs
}

/// The map as a list in Markdown: each question leads to its chapter and has its command; the answer is folded, as nobody
/// should read it before they have guessed.
///
/// # Errors
/// An answer names something that was not measured.
fn map(project: &Project) -> Result<String> {
    let items = in_order(project).into_iter().map(|slug| {
        let lesson = &project.lessons[slug];
        let answer = match directives::expand_plain(project, slug, &lesson.answer) {
            Ok(answer) => answer,
            Err(problems) => bail!("experiments/{slug}/lesson.toml: answer: {}", problems[0].message),
        };
        Ok(format!(
            "- [{question}](book/src/{slug}.md) `cargo run -p {slug}`\n  <details><summary>The measured answer</summary>\n\n  {answer}\n\n  \
             </details>\n",
            question = lesson.question
        ))
    });
    items.collect()
}

/// The README, and each chart that it shows, as the recording makes them: path and content.
///
/// # Errors
/// The README has no place for the map, or shows a chart that there isn't; an answer names something that was not measured.
pub fn made(project: &Project) -> Result<Vec<(PathBuf, String)>> {
    let path = project.root.join("README.md");
    let readme = files::text(&path).with_context(|| format!("can't read {}", path.display()))?;
    let place = readme.find(BEGIN).zip(readme.find(END)).filter(|(begin, end)| begin < end);
    let (begin, end) =
        place.with_context(|| format!("README.md: no place for the map; put these lines there: {BEGIN} {END}"))?;
    let map = map(project)?;
    let mut made = vec![(path, format!("{}{BEGIN}\n\n{map}\n{}", &readme[..begin], &readme[end..]))];
    for found in CHARTS.captures_iter(&readme) {
        let (slug, id, palette) = (&found[1], &found[2], if &found[3] == "dark" { DARK } else { LIGHT });
        let lesson = project.lesson(slug).context("README.md")?;
        let chart = directives::find(&lesson.charts, id, "chart", |chart| &chart.id).context("README.md")?;
        let svg = figure::standalone(project, &Asked { slug, lesson, chart }, 0, &palette)?;
        made.push((project.root.join(&found[0]), svg.into()));
    }
    Ok(made)
}

/// Writes the README's map and charts anew where they differ from the recording; returns what was written.
///
/// # Errors
/// As for [`made`], or a file can't be written.
pub fn update(project: &Project) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    if project.editions.first().is_none_or(|edition| edition.name != REFERENCE) {
        return Ok(written);
    }
    for (path, text) in made(project)? {
        if !is(&path, &text) {
            files::write_atomically(&path, text.as_bytes())?;
            written.push(path);
        }
    }
    Ok(written)
}

/// The files of the README that differ from what the recording makes of them.
///
/// # Errors
/// As for [`made`].
pub fn stale(project: &Project) -> Result<Vec<PathBuf>> {
    Ok(made(project)?.into_iter().filter(|(path, text)| !is(path, text)).map(|(path, _)| path).collect())
}

fn is(path: &Path, text: &str) -> bool {
    fs::read(path).is_ok_and(|old| old == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example::project;

    #[test]
    fn a_map_that_differs_from_the_recording_is_found_and_mended() {
        let folder = tempfile::tempdir().unwrap();
        let mut project = project(&["reference"]);
        project.root = folder.path().to_owned();
        let readme = folder.path().join("README.md");
        let chart = "![](book/data/reference/charts/example.cost.dark.svg)";
        fs::write(&readme, format!("before {chart}\n{BEGIN}\nold\n{END}\nafter\n")).unwrap();
        assert_eq!(stale(&project).unwrap().len(), 2);
        assert_eq!(update(&project).unwrap().len(), 2);
        assert_eq!(update(&project).unwrap(), [] as [PathBuf; 0]);
        assert_eq!(stale(&project).unwrap(), [] as [PathBuf; 0]);
        let text = fs::read_to_string(&readme).unwrap();
        assert!(
            text.contains("answer</summary>\n\n  It takes 31\u{a0}ns.\n\n  </details>\n")
                && text.contains("after")
                && !text.contains("old"),
            "{text}"
        );
        fs::write(&readme, text.replace("31\u{a0}ns", "30\u{a0}ns")).unwrap();
        assert_eq!(stale(&project).unwrap(), [readme]);
    }

    #[test]
    fn a_readme_without_a_place_for_the_map_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut project = project(&["reference"]);
        project.root = folder.path().to_owned();
        fs::write(folder.path().join("README.md"), "nothing").unwrap();
        assert!(stale(&project).unwrap_err().to_string().contains("no place for the map"));
    }
}
