//! Each script in Python runs by hand, without any Rust: it prints what its lesson knows, has a table for people, and tells bad
//! words in one line. What a chapter shows of it is short.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use base::process;
use serde_json::Value;
use testing::project;

/// A script takes a few seconds; a build without the lock may take minutes to start processes on a machine that is very busy.
const LIMIT: Duration = Duration::from_secs(600);

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The scripts that the chapters show and that a reader runs, each with its experiment.
fn scripts() -> Vec<(String, PathBuf)> {
    let mut scripts = Vec::new();
    for (slug, lesson) in &project().lessons {
        for place in lesson.listings.iter().filter_map(|listing| listing.python.as_ref()) {
            let script = root().join(place.split_once(':').unwrap().0);
            if fs::read_to_string(&script).unwrap().contains(&format!("    tell(\"{slug}\"")) {
                scripts.push((slug.clone(), script));
            }
        }
    }
    scripts
}

/// What a script prints, or nothing if there is no Python here.
fn run(script: &Path, words: &[&str]) -> Option<Output> {
    let output = process::output(Command::new("python3").arg("-B").arg(script).args(words), LIMIT);
    match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert!(env::var_os("CI").is_none(), "install python3, for nothing may be left out in CI");
            eprintln!("left out: there is no python3");
            None
        }
        output => Some(output.unwrap()),
    }
}

#[test]
fn each_script_measures_what_its_lesson_knows() {
    let project = project();
    let scripts = scripts();
    assert!(scripts.len() >= 8, "{scripts:?}");
    for (slug, script) in scripts {
        let Some(output) = run(&script, &["--json"]) else { return };
        let name = script.display();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && complaints.is_empty(), "{name}: {output:?}");
        let lesson = &project.lessons[&slug];
        let mut measured = BTreeSet::new();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let told: Value = serde_json::from_str(line).unwrap();
            let word = |of: &str| told[of].as_str().unwrap_or_default();
            assert_eq!(word("experiment"), slug);
            if told["left_out"].is_string() {
                continue;
            }
            assert!(told["value"].is_number() && word("interpreter").starts_with("CPython 3."), "{name}: {line}");
            measured.insert(word("variant").to_owned());
            if lesson.variants.iter().any(|variant| variant.name == word("variant")) {
                let shows = lesson.shows(word("metric"), word("parameter"));
                assert!(shows.is_ok(), "{name}: the lesson has no {}", word("metric"));
            }
        }
        assert!(measured.len() >= 3, "{name} measured {measured:?}");
    }
}

#[test]
fn a_script_has_a_table_and_refuses_what_it_does_not_know() {
    let (_, script) = scripts().into_iter().find(|(slug, _)| slug == "shared-counter").unwrap();
    let Some(table) = run(&script, &["python-lock"]) else { return };
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        table.starts_with("CPython 3.") && table.contains("\npython-lock") && !table.contains("python-call"),
        "{table}"
    );
    for (word, says) in [("python-lok", "there is no python-lok; choose from python-plain, "), ("--jsn", "--jsn")] {
        let refused = run(&script, &[word]).unwrap();
        let complaint = String::from_utf8(refused.stderr).unwrap();
        assert!(refused.status.code() == Some(2) && complaint.lines().last().unwrap().contains(says), "{complaint}");
        assert!(refused.stdout.is_empty());
    }
}

#[test]
fn what_a_chapter_shows_of_a_script_is_short() {
    for (_, script) in scripts() {
        let text = fs::read_to_string(&script).unwrap();
        let shown = text.split_once("# ANCHOR: ").unwrap().1.split_once("# ANCHOR_END").unwrap().0;
        let lines: Vec<&str> = shown.lines().skip(1).filter(|line| !line.is_empty()).collect();
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap();
        assert!((10..=40).contains(&lines.len()), "{} shows {} lines", script.display(), lines.len());
        assert!(longest <= 84, "{} has a line of {longest} columns", script.display());
    }
}
