//! The house in order: what CI runs, what the project depends on, and where it is unsafe.

mod ci;
mod dependencies;
mod scripts;
mod unsafety;

use std::fs;
use std::path::{Path, PathBuf};

/// The project's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn every_member_is_held_to_the_lints() {
    let members = ["experiments", "scripts"].map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let manifests: Vec<_> = members
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path().join("Cargo.toml"))
        .filter(|m| m.exists())
        .collect();
    assert!(manifests.len() >= 6);
    for manifest in manifests {
        let text = fs::read_to_string(&manifest).unwrap();
        assert!(text.contains("\n[lints]\nworkspace = true\n"), "{}: add [lints] workspace = true", manifest.display());
    }
}

/// Every Rust source below a folder, in order; none of what cargo writes.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
