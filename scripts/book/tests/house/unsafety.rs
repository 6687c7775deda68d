//! Every `unsafe` stands in the lab or in an experiment's `calls.rs`, says why, names its invariant, and has a row in experiments/lab/UNSAFE.md.

use std::fs;

use regex::Regex;

use crate::{root, sources};

/// The only folder that may have some. Elsewhere there may be attributes, such as `#[unsafe(no_mangle)]`.
const LAB: &str = "experiments/lab/";

/// The only file of an experiment that may: the system calls that are what it measures or shows, each behind a safe function.
const CALLS: &str = "/src/calls.rs";

/// The only other file: a data race, unsound on purpose, that tools are to find. It is a program of its own, which no
/// package is built from, and its comments say that there is no invariant.
const UNSOUND: &str = "experiments/catching-it/programs/plain-race.rs";

/// The page with a table of them all: a row for each, in the order of the sources.
const PAGE: &str = "experiments/lab/UNSAFE.md";

/// One `unsafe` in a source.
struct Site {
    /// The line that has it, from 1.
    line: usize,
    /// Whether it is an attribute.
    is_attribute: bool,
    /// The function that it stands in or marks, or the `impl` or `trait`.
    within: String,
    /// What is missing directly above it.
    lacks: Vec<&'static str>,
}

/// Every `unsafe` of a source: blocks, functions, traits, implementations, extern blocks and attributes. It reads lines,
/// as rustfmt leaves them.
fn sites(source: &str) -> Vec<Site> {
    let no_code = Regex::new(r#""(\\.|[^"\\])*"|//.*"#).unwrap();
    let keyword = Regex::new(r"\bunsafe\b").unwrap();
    let item = Regex::new(r"\b(?:fn (?<fn>\w+)|(?<item>(?:impl\b|trait )[^{]*[^{ ]))").unwrap();
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let code: Vec<_> = lines.iter().map(|line| no_code.replace_all(line, "")).collect();
    let named = |line: &usize| {
        let found = item.captures(&code[*line])?;
        Some(found.name("fn").or(found.name("item"))?.as_str().to_owned())
    };
    let mut sites = Vec::new();
    for at in (0..lines.len()).filter(|at| keyword.is_match(&code[*at])) {
        let is_attribute = code[at].starts_with("#[unsafe(");
        let within = if is_attribute {
            (at..lines.len()).find_map(|line| named(&line))
        } else {
            (0..=at).rev().find_map(|line| named(&line))
        };
        let above: Vec<&str> = lines[..at]
            .iter()
            .rev()
            .copied()
            .take_while(|line| line.starts_with("//") || line.starts_with("#["))
            .collect();
        let says = |start: &str| above.iter().any(|line| line.starts_with(start));
        let mut lacks = Vec::new();
        if !says("// SAFETY: ") && !says("/// # Safety") {
            lacks.push("a comment `// SAFETY: …` that names the invariant");
        }
        if !says("#[expect(unsafe_code, reason = \"") {
            lacks.push("`#[expect(unsafe_code, reason = \"…\")]`");
        }
        sites.push(Site { line: at + 1, is_attribute, within: within.unwrap_or_default(), lacks });
    }
    sites
}

#[test]
fn every_unsafe_is_in_its_place_with_its_reason_and_its_invariant_and_in_the_table() {
    let mut problems = Vec::new();
    let mut rows = Vec::new();
    for folder in ["experiments", "scripts"] {
        for file in sources(&root().join(folder)) {
            let path = file.strip_prefix(root()).unwrap().display().to_string();
            for site in sites(&fs::read_to_string(&file).unwrap()) {
                let at = format!("{path}:{}: ", site.line);
                let is_allowed = path.starts_with(LAB) || path.ends_with(CALLS) || path == UNSOUND;
                match (is_allowed, site.is_attribute) {
                    (true, _) => problems.extend(site.lacks.iter().map(|what| format!("{at}it lacks {what}"))),
                    (false, true) => {}
                    (false, false) => {
                        problems.push(format!(
                            "{at}`unsafe` stands in {LAB} and in *{CALLS} only; give it a safe function there"
                        ));
                    }
                }
                rows.push(format!("| `{path}` | `{}` | ", site.within));
            }
        }
    }
    assert_eq!(problems, [] as [String; 0]);
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let table: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let is_told = |(row, told): (&String, &&str)| told.strip_prefix(&**row).is_some_and(|why| why.len() > 20);
    assert!(
        rows.len() == table.len() && rows.iter().zip(&table).all(is_told),
        "the rows of {PAGE} must begin as these do, in this order, and then say why each is sound:\n{}",
        rows.join("\n")
    );
    let source = fs::read_to_string(root().join(UNSOUND)).unwrap();
    assert_eq!(source.matches("// SAFETY: it is unsound on purpose.").count(), sites(&source).len(), "{UNSOUND}");
    let counted = format!("There are {} of them", rows.len());
    assert!(page.contains(&counted), "{PAGE} must say: {counted}");
}

#[test]
fn an_unsafe_is_found_in_every_form_and_what_it_lacks_is_told() {
    // In capitals, for the other test reads this file too.
    let source = r##"
#[expect(unsafe_code, reason = "a reason")]
// SAFETY: an invariant,
// in two lines.
UNSAFE impl<T: Into<u8>> Sync for Shared<T> {}
/// What it is.
///
/// # Safety
/// A promise.
#[expect(unsafe_code, reason = "a reason")]
pub UNSAFE trait Plain: Sync {}
fn safe() {
    // UNSAFE { } in a comment, and "UNSAFE" in a string:
    let text = "UNSAFE { // }";
    #[expect(unsafe_code, reason = "a reason")]
    let one = UNSAFE { call() };
    // SAFETY: an invariant.
    let two = text.map(|x| UNSAFE { call(x) });
}
UNSAFE extern "C" fn bare() {}
#[UNSAFE(no_mangle)]
pub fn marked() {}
"##
    .replace("UNSAFE", "unsafe");
    let found: Vec<_> = sites(&source).into_iter().map(|site| (site.line, site.within, site.lacks.len())).collect();
    let expected = [
        (5, "impl<T: Into<u8>> Sync for Shared<T>", 0),
        (11, "trait Plain: Sync", 0),
        (16, "safe", 1),
        (18, "safe", 1),
        (20, "bare", 2),
        (21, "marked", 2),
    ];
    assert_eq!(found, expected.map(|(line, within, lacks)| (line, within.to_owned(), lacks)));
}

#[test]
fn nothing_is_built_from_what_is_unsound() {
    let name = UNSOUND.rsplit('/').next().unwrap();
    for file in ["experiments", "scripts"].iter().flat_map(|folder| sources(&root().join(folder))) {
        let text = fs::read_to_string(&file).unwrap();
        let taken_in = text.lines().find(|line| {
            (line.contains("#[path") || line.contains("include!("))
                && (line.contains(name) || line.contains("plain_race"))
        });
        assert_eq!(taken_in, None, "{}", file.display());
    }
    // Its package is no member of the workspace, so nothing in it can depend on it.
    let package = root().join(UNSOUND).with_file_name("Cargo.toml");
    assert!(fs::read_to_string(package).unwrap().contains("\n[workspace]\n"));
}
