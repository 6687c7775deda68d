//! `cargo charts`, as a teacher meets it: on a small project of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const LESSON: &str = r#"
asks = "Is it slow?"
answer = "It takes {{#value time/slow/2}}."
[[variant]]
name = "slow"
label = "slow way"
[[chart]]
id = "cost"
kind = "lines"
title = "The cost"
metric = "time"
axis = "time of one"
series = ["slow"]
over = "workers"
"#;

const ESTIMATES: &str = r#"{"median":{"point_estimate":10.5,"standard_error":0.1,"confidence_interval":{"lower_bound":10.0,"upper_bound":11.0,"confidence_level":0.95}}}"#;

/// A project with one experiment, and criterion's folder with one case of it.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("book.toml", "");
    write("book/claims.toml", "claim = []");
    write("experiments/example/lesson.toml", LESSON);
    let case = "target/criterion/example/slow/2/new";
    write(&format!("{case}/benchmark.json"), r#"{"group_id":"example","function_id":"slow","value_str":"2"}"#);
    write(&format!("{case}/estimates.json"), ESTIMATES);
    write(&format!("{case}/sample.json"), r#"{"iters":[1.0,1.0],"times":[10.0,11.0]}"#);
    folder
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_charts"));
    command.args(arguments).current_dir(root).env_remove("CRITERION_HOME").env_remove("CARGO_TARGET_DIR");
    command
}

fn charts(root: &Path, arguments: &[&str]) -> Output {
    command(root, arguments).output().unwrap()
}

fn local(root: &Path) -> PathBuf {
    root.join("book/data/local/example.json")
}

#[test]
fn a_bench_becomes_an_edition_and_charts() {
    let project = project();
    let output = charts(project.path(), &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("example: 1 points from one launch"), "{said}");
    let svg = fs::read_to_string(project.path().join("target/charts/example-cost-local-dark.svg")).unwrap();
    assert!(svg.contains("The cost") && svg.contains("slow way"), "{svg}");
    let again = charts(project.path(), &["--export", "slides"]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("no measurement is newer"));
    assert_eq!(fs::read_dir(project.path().join("slides")).unwrap().count(), 2);
}

#[test]
fn criterion_is_found_where_it_writes() {
    let project = project();
    let write = |path: &str, text: &str| {
        let path = project.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    // As Cargo's configuration says it.
    write("Cargo.toml", "[workspace]\nmembers = [\"experiments/*\"]\nresolver = \"3\"\n");
    write("experiments/example/Cargo.toml", "[package]\nname = \"example\"\n");
    write("experiments/example/src/lib.rs", "");
    write(".cargo/config.toml", "[build]\ntarget-dir = \"else where\"\n");
    let missing = charts(project.path(), &["--edition", "room-12"]);
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(said.contains("no measurements in else where/criterion for the edition"), "{said}");
    fs::create_dir(project.path().join("else where")).unwrap();
    fs::rename(project.path().join("target/criterion"), project.path().join("else where/criterion")).unwrap();
    let taken = "example: 1 points from one launch";
    assert!(String::from_utf8_lossy(&charts(project.path(), &[]).stdout).contains(taken));
    // A bench runs in its experiment's folder.
    let home = project.path().join("experiments/example/measured");
    fs::rename(project.path().join("else where/criterion"), home).unwrap();
    let with_home =
        |home, edition| command(project.path(), &["--edition", edition]).env("CRITERION_HOME", home).output().unwrap();
    let output = with_home("measured", "room-12");
    assert!(String::from_utf8_lossy(&output.stdout).contains(taken), "{output:?}");
    let missing = with_home("no where", "room-13");
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(said.contains("CRITERION_HOME: no measurements in experiments/*/no where"), "{said}");
}

#[test]
fn a_case_that_no_lesson_knows_is_left_out_and_named() {
    let project = project();
    let slow = project.path().join("target/criterion/example/slow/2/new/benchmark.json");
    fs::write(slow, r#"{"group_id":"example","function_id":"renamed","value_str":"2"}"#).unwrap();
    let output = charts(project.path(), &[]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("left out: example/renamed/2"));
    assert!(!local(project.path()).exists());
}
