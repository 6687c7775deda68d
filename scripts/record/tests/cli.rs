//! `cargo record`, as a teacher meets it who mistypes something, or starts it twice.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("experiments/example")).unwrap();
    fs::create_dir_all(folder.path().join("book")).unwrap();
    fs::write(folder.path().join("book.toml"), "").unwrap();
    fs::write(folder.path().join("book/claims.toml"), "claim = []").unwrap();
    fs::write(folder.path().join("experiments/example/lesson.toml"), "asks = \"\"\nanswer = \"\"").unwrap();
    folder
}

fn record(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_record")).args(arguments).current_dir(root).output().unwrap()
}

fn refused(output: &Output, names: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.trim_end().lines().last().unwrap().contains(names), "{said}");
}

#[test]
fn wrong_arguments_get_one_line() {
    let project = project();
    refused(&record(project.path(), &["exampel"]), "no experiment \"exampel\"; did you mean \"example\"?");
    refused(&record(project.path(), &["--edition", "a/b"]), "a/b");
    refused(&record(project.path(), &["--quick", "--sessions"]), "--sessions");
    refused(&record(project.path(), &["--launches", "3"]), "--launches");
    refused(&record(tempfile::tempdir().unwrap().path(), &[]), "no book.toml");
}

#[test]
fn two_recordings_at_once_are_refused() {
    let project = project();
    let work = project.path().join("target/record");
    fs::create_dir_all(&work).unwrap();
    let lock = File::create(work.join("lock")).unwrap();
    lock.try_lock().unwrap();
    refused(&record(project.path(), &[]), "another `cargo record` or `cargo charts` is at work");
}

#[test]
fn a_project_that_cannot_be_built_leaves_no_edition() {
    let project = project();
    refused(&record(project.path(), &["--quick"]), "failed; mend the build and record again");
    assert!(!project.path().join("book/data").exists());
}
