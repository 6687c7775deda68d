//! Whether what pages include is there, and fits.

use std::path::Path;
use std::sync::LazyLock;

use base::files;
use regex::Regex;

use crate::{Problem, line_at};

/// This many columns of code fit into a page beside a sidebar.
const COLUMNS: usize = 84;

/// Includes of a page that lead nowhere: to no file, to an anchor or to lines that the file doesn't have. Of a missing
/// anchor mdBook says nothing, and leaves the block empty.
pub fn check(root: &Path, page: &Path, text: &str) -> Vec<Problem> {
    // As mdBook finds them, an escaped one first.
    static INCLUDE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\\\{\{#.*\}\}|\{\{\s*#(?:rustdoc_include|include|playground)\s+([^}\s]+)[^}]*\}\}")
            .expect("a pattern")
    });
    let folder = root.join(page.parent().unwrap_or(Path::new("")));
    let faults = INCLUDE.captures_iter(text).filter_map(|found| {
        let place = found.get(1)?;
        let what = fault(&folder, place.as_str())?;
        Some(Problem::at(page.to_string_lossy(), line_at(text, place.start()), what))
    });
    faults.chain(typed(page, text)).collect()
}

/// Code that stands in the page itself and is too wide for it.
fn typed(page: &Path, text: &str) -> Vec<Problem> {
    let mut is_code = false;
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if is_code
            && !line.contains("{{")
            && let Some(what) = too_wide(line)
        {
            found.push(Problem::at(page.to_string_lossy(), number + 1, what));
        }
    }
    found
}

/// That a line of the code has more columns than a page.
fn too_wide(code: &str) -> Option<String> {
    let widest = code.lines().map(|line| line.chars().count()).max().filter(|columns| *columns > COLUMNS)?;
    Some(format!("shows a line of {widest} columns, and a page has {COLUMNS}; break it"))
}

/// What is wrong with `file`, `file:ANCHOR`, `file:LINE`, `file:FIRST:LAST`, `file:FIRST:` or `file::LAST`.
fn fault(folder: &Path, place: &str) -> Option<String> {
    let (file, part) = place.split_once(':').unwrap_or((place, ""));
    let text = match files::text(&folder.join(file)) {
        Ok(text) => text,
        Err(error) => return Some(format!("can't include {file}: {error}; the path is relative to this page")),
    };
    let (first, last) = part.split_once(':').unwrap_or((part, part));
    if !first.is_empty() && first.parse::<usize>().is_err() {
        let fault = anchor_fault(&text, file, first);
        return fault.or_else(|| Some(format!("{place} {}", too_wide(&anchored(&text, first)?)?)));
    }
    let lines = text.lines().count();
    let beyond = |line: &str| line.parse::<usize>().is_ok_and(|line| line > lines);
    (beyond(first) || beyond(last))
        .then(|| format!("can't include {place}: the file has {lines} lines; include an anchor, which moves along"))
}

/// The lines of a text between an anchor and its end, without the lines of other anchors; nothing if there is no such anchor.
pub(crate) fn anchored(text: &str, anchor: &str) -> Option<String> {
    static MARK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"ANCHOR(_END)?:\s*([\w-]+)").expect("a pattern"));
    let mut lines = Vec::new();
    let (mut inside, mut found) = (false, false);
    for line in text.lines() {
        match MARK.captures(line) {
            Some(mark) if mark[2] == *anchor => {
                inside = mark.get(1).is_none();
                found = true;
            }
            Some(_) => {}
            None if inside => lines.push(line),
            None => {}
        }
    }
    found.then(|| lines.join("\n"))
}

fn anchor_fault(text: &str, file: &str, anchor: &str) -> Option<String> {
    static MARK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(ANCHOR|ANCHOR_END):\s*([\w-]+)").expect("a pattern"));
    let mark = |kind: &'static str| {
        move |line: &str| MARK.captures(line).is_some_and(|found| &found[1] == kind && &found[2] == anchor)
    };
    let is_start = mark("ANCHOR");
    let mut rest = text.lines().skip_while(|line| !is_start(line));
    let what = if rest.next().is_none() {
        format!("{file} has no anchor {anchor:?}; mark the lines with `ANCHOR: {anchor}` and `ANCHOR_END: {anchor}`")
    } else if !rest.any(mark("ANCHOR_END")) {
        format!("the anchor {anchor:?} of {file} never ends; end it with `ANCHOR_END: {anchor}`")
    } else {
        return None;
    };
    Some(what)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const CODE: &str = "// ANCHOR: whole\nfn a() {}\n// ANCHOR_END: whole\n// ANCHOR: endless\nfn b() {}\n";

    const INCLUDES: &[(&str, Option<&str>)] = &[
        ("{{#include code.rs}}", None),
        ("{{ #include code.rs:whole}}", None),
        ("{{#rustdoc_include code.rs:whole}}", None),
        ("{{#playground code.rs editable}}", None),
        ("{{#include code.rs:2}} {{#include code.rs:2:5}} {{#include code.rs:2:}} {{#include code.rs::3}}", None),
        (r"\{{#include nowhere.rs}}", None),
        ("{{#title Something}} {{#value one/x}}", None),
        ("{{#include nowhere.rs}}", Some("can't include nowhere.rs")),
        ("{{#include ../code.rs}}", Some("relative to this page")),
        ("{{#playground nowhere.rs editable}}", Some("can't include nowhere.rs")),
        ("{{#include code.rs:hole}}", Some("no anchor \"hole\"")),
        ("{{#include code.rs:who}}", Some("no anchor \"who\"")),
        ("{{#rustdoc_include code.rs:hole}}", Some("no anchor \"hole\"")),
        ("{{#include code.rs:endless}}", Some("never ends")),
        ("{{#include code.rs:6}}", Some("has 5 lines")),
        ("{{#include code.rs:2:9}}", Some("has 5 lines")),
        ("{{#include code.rs::9}}", Some("has 5 lines")),
        ("{{#include wide.rs:wide}}", Some("wide.rs:wide shows a line of 100 columns, and a page has 84")),
        (
            "let wide = a_name_that_is_so_long + that_nobody_can_read_it_at_all + without_a_broken_line_here;",
            Some("a line of 96 columns"),
        ),
    ];

    #[test]
    fn includes_lead_to_what_is_there() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("book/src")).unwrap();
        fs::write(root.path().join("book/src/code.rs"), CODE).unwrap();
        let wide = format!("// ANCHOR: wide\n{}\n// ANCHOR_END: wide\n", "x".repeat(100));
        fs::write(root.path().join("book/src/wide.rs"), wide).unwrap();
        for (line, complaint) in INCLUDES {
            let text = format!("# Page\n\n```rust\n{line}\n```\n");
            let told = check(root.path(), Path::new("book/src/page.md"), &text);
            match complaint {
                None => assert_eq!(told, [], "{line}"),
                Some(word) => {
                    assert_eq!((told.len(), told[0].line), (1, 4), "{line}: {told:?}");
                    assert!(told[0].what.contains(word), "{line}: {told:?}");
                }
            }
        }
    }
}
