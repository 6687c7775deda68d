//! The house in order, as far as no other tool tells.

use std::fs;
use std::path::{Path, PathBuf};

/// The project's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn every_member_is_held_to_the_lints() {
    let members = ["experiments", "scripts"].map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let manifests: Vec<PathBuf> =
        members.into_iter().flatten().map(|entry| entry.unwrap().path().join("Cargo.toml")).collect();
    let manifests: Vec<&PathBuf> = manifests.iter().filter(|manifest| manifest.exists()).collect();
    assert!(manifests.len() >= 6);
    for manifest in manifests {
        let text = fs::read_to_string(manifest).unwrap();
        assert!(text.contains("\n[lints]\nworkspace = true\n"), "{}: add [lints] workspace = true", manifest.display());
    }
}

#[test]
fn the_stepper_is_smaller_than_8_kb_and_needs_no_other_script() {
    let script = fs::read_to_string(root().join("book/theme/stepper.js")).unwrap();
    assert!(script.len() < 8000, "{} bytes", script.len());
    for word in ["import", "require(", "http:", "https:", "eval("] {
        assert!(!script.contains(word), "{word}");
    }
    let book = fs::read_to_string(root().join("book.toml")).unwrap();
    assert!(book.contains("\"book/theme/stepper.js\"") && book.contains("\"book/theme/stepper.css\""), "{book}");
}
