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
fn scripts_of_single_pages_are_small_and_need_no_other() {
    for (name, largest) in [
        ("run-here", 1000),
        ("machine", 2400),
        ("lanes", 6840),
        ("cache-line", 3600),
        ("pages", 3800),
        ("gil", 2700),
        ("choosing", 10_000),
    ] {
        let script = fs::read_to_string(root().join(format!("book/theme/{name}.js"))).unwrap();
        let script = book::head::served(&script);
        assert!(script.len() < largest, "{name}: {} bytes", script.len());
        for word in ["import", "require(", "http:", "https:", "eval("] {
            assert!(!script.contains(word), "{name}: {word}");
        }
        let book = fs::read_to_string(root().join("book.toml")).unwrap();
        for kind in ["js", "css"] {
            assert!(book.contains(&format!("\"book/theme/{name}.{kind}\"")), "{book}");
        }
    }
}
