//! A project with a book of two chapters and one experiment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use charts::readme;
use edition::{MachineFile, Project, Provenance, SCHEMA};
use tempfile::TempDir;

const FILES: &[(&str, &str)] = &[
    (
        "README.md",
        "<!-- The map is made by `cargo charts` from the recording; edit lesson.toml instead. -->\n<!-- End of the map. -->\n",
    ),
    ("book/claims.toml", "claim = []\n"),
    ("book/src/SUMMARY.md", "# Summary\n\n[Introduction](introduction.md)\n\n- [One](one.md)\n"),
    ("book/src/introduction.md", "# Introduction\n\nSee [one](one.md#the-code).\n"),
    (
        "book/src/one.md",
        "# One\n\n`cargo run -p one`\n\n## The code\n\n```rust\n{{#include ../../experiments/one/src/lib.rs:adding}}\n```\n",
    ),
    ("book/theme/measured.css", "p { margin: 0 }\n"),
    ("book/theme/measured.js", "// Nothing to do.\n"),
    ("book/theme/stepper.css", "ol { margin: 0 }\n"),
    ("book/theme/stepper.js", "// Nothing to do either.\n"),
    ("experiments/one/Cargo.toml", ""),
    ("experiments/one/lesson.toml", "asks = \"Does one help?\"\nanswer = \"It does.\"\n"),
    ("experiments/one/src/lib.rs", "// ANCHOR: adding\npub fn add() {}\n// ANCHOR_END: adding\n"),
];

/// The sample; it is gone when this is dropped.
pub(crate) struct Sample(TempDir);

impl Sample {
    /// The sound sample, with book.toml as it is in the project but for the preprocessor's command.
    pub(crate) fn new() -> Self {
        let sample = Self(tempfile::tempdir().unwrap());
        for (path, text) in FILES {
            sample.write(path, text);
        }
        let ours = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book.toml")).unwrap();
        let command = format!("\"{} preprocess\"", env!("CARGO_BIN_EXE_book"));
        sample.write("book.toml", &ours.replace("\"cargo run --quiet --package book -- preprocess\"", &command));
        sample.record();
        sample
    }

    /// Adds an edition in which nothing was measured, and the README's map, as `cargo charts` would.
    fn record(&self) {
        let edition = self.root().join("book/data/reference");
        fs::create_dir_all(&edition).unwrap();
        let machine = MachineFile { schema: SCHEMA, machine: base::machine::this(), last: Provenance::default() };
        machine.save(&edition).unwrap();
        for (path, text) in readme::made(&Project::open(self.root()).unwrap()).unwrap() {
            fs::write(path, text).unwrap();
        }
    }

    /// The sample with one file replaced or added.
    pub(crate) fn with(path: &str, text: &str) -> Self {
        let sample = Self::new();
        sample.write(path, text);
        sample
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn site(&self) -> PathBuf {
        self.root().join("target/book")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Every file of the site that was published, with its content.
    pub(crate) fn published(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.site()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => drop(files.insert(path.clone(), fs::read(path).unwrap())),
                }
            }
        }
        files
    }
}
