//! Every variant that must not go wrong has one proof, which exists; and the chapter's table says which.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use catching_it::models::MODELS;
use catching_it::proofs::{PROOFS, Proof, Proven};

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The variants of an experiment that its table of variants doesn't call broken.
fn sound(experiment: &str) -> BTreeSet<String> {
    let source = read(&format!("experiments/{experiment}/src/lib.rs"));
    let table = source.split_once("pub const VARIANTS").unwrap().1.split_once("\n];").unwrap().0;
    let broken = ["loses: true", "Ends::Deadlocked", "Ends::GivenUp"];
    let rows = table.split("Variant {").skip(1).filter(|row| !broken.iter().any(|word| row.contains(word)));
    rows.map(|row| row.split('"').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn every_sound_variant_has_one_proof() {
    for experiment in ["shared-counter", "mutex-fixes", "deadlock"] {
        let of_it = PROOFS.iter().filter(|proven| proven.experiment == experiment);
        let proven: Vec<String> = of_it.map(|proven| proven.variant.to_owned()).collect();
        let set: BTreeSet<String> = proven.iter().cloned().collect();
        assert_eq!(set.len(), proven.len(), "{experiment}: one proof for each");
        assert_eq!(set, sound(experiment), "{experiment}: the proofs, and the variants");
    }
    assert!(PROOFS.len() > 20);
}

#[test]
fn every_proof_exists() {
    for proven in PROOFS {
        let (file, test) = match proven.proof {
            Proof::Loom(name) => {
                assert!(MODELS.iter().any(|model| model.name == name && !model.breaks), "{name}");
                continue;
            }
            Proof::Invariant(file, test) => (format!("experiments/{}/tests/{file}.rs", proven.experiment), test),
        };
        assert!(read(&file).contains(&format!("#[test]\nfn {test}() {{")), "{file} has no test {test}");
    }
}

#[test]
fn the_chapter_has_the_table() {
    let chapter = read("book/src/catching-it.md");
    let row = |proven: &Proven| {
        format!("| `{}` | `{}` | {} |\n", proven.experiment, proven.variant, proven.proof.words(proven.experiment))
    };
    let table: String = PROOFS.iter().map(row).collect();
    assert!(chapter.contains(&table), "the chapter's table of proofs should be:\n{table}");
}
