//! Every variant that must not go wrong has one check that exists, in the chapter's table.

use std::collections::BTreeSet;
use std::fs;

use catching_it::models::MODELS;

fn read(path: &str) -> String {
    let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The chapter's table: experiment, variant, check.
fn checks() -> Vec<[String; 3]> {
    let chapter = read("book/src/catching-it.md");
    let table = chapter
        .split_once("| experiment | variant | check |\n")
        .expect("the chapter has the table")
        .1;
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        row.trim_matches('|')
            .splitn(3, '|')
            .map(|cell| cell.trim().to_owned())
            .collect::<Vec<_>>()
    };
    rows.map(|row| cells(&row.replace('`', "")).try_into().unwrap()).collect()
}

/// The variants of an experiment that its table of variants doesn't call broken.
fn sound(experiment: &str) -> BTreeSet<String> {
    let source = read(&format!("experiments/{experiment}/src/lib.rs"));
    let table = source
        .split_once("pub const VARIANTS")
        .unwrap()
        .1
        .split_once("\n];")
        .unwrap()
        .0;
    // A row is `Variant { … }` or `variant(…)`, in one line or in several.
    let rows = table.split("ariant").skip(1);
    let is_broken = |row: &&str| {
        ["loses: true", "Ends::Deadlocked", "Ends::GivenUp"]
            .iter()
            .any(|it| row.contains(it))
    };
    let sound = rows.filter(|row| !is_broken(row));
    sound.filter_map(|row| Some(row.split('"').nth(1)?.to_owned())).collect()
}

#[test]
fn every_sound_variant_has_one_check_that_exists() {
    let checks = checks();
    for experiment in ["shared-counter", "mutex-fixes", "deadlock"] {
        let mut of_it: Vec<_> = checks
            .iter()
            .filter(|[of, ..]| of == experiment)
            .map(|[_, it, _]| it.clone())
            .collect();
        of_it.sort();
        let sound = Vec::from_iter(sound(experiment));
        assert_eq!(
            of_it, sound,
            "{experiment}: the chapter's table, and the variants"
        );
    }
    for [experiment, variant, check] in &checks {
        if let Some(name) = check.strip_prefix("loom, model ") {
            assert!(
                MODELS.iter().any(|model| model.name == name && !model.breaks),
                "{variant}: no sound model {name}"
            );
        } else {
            let (file, test) = check
                .strip_prefix("invariant, ")
                .and_then(|check| check.split_once(": "))
                .expect(check);
            assert!(
                file.starts_with(&format!("{experiment}/tests/")),
                "{variant}: {file}"
            );
            let source = read(&format!("experiments/{file}"));
            assert!(
                source.contains(&format!("#[test]\nfn {test}() {{")),
                "{variant}: {file} has no test {test}"
            );
        }
    }
}
