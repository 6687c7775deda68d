//! Interpreters are found by what they say that they are. The newest of each kind is used, and for all others the reason is
//! told.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use testing::Experiment;

const EXPERIMENT: Experiment = Experiment::new(
    env!("CARGO_BIN_EXE_global-interpreter-lock"),
    Duration::from_secs(120),
);

/// Makes a program of this shell script.
fn program(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// An interpreter that says this about itself, shows what it should with its lock or without one, and notes its calls.
fn interpreter(
    path: &Path,
    log: &Path,
    is: &str,
    version: [u32; 3],
    [built_with_lock, locked]: [bool; 2],
    executable: &str,
) {
    let about = format!(
        r#"{{"implementation": "{is}", "version": {version:?}, "executable": "{executable}", "subinterpreters": true,
        "built_with_lock": {built_with_lock}, "locked": {locked}}}"#
    );
    let shows = format!(
        "case $5 in '') echo '{about}';; threads) echo {};; *) echo 2;; esac",
        2 - u8::from(locked)
    );
    let [name, log] =
        [path.file_name().unwrap().to_str().unwrap(), log.to_str().unwrap()];
    program(path, &format!("echo \"{name} $5\" >> '{log}'\n{shows}"));
}

const WITH_LOCK: [bool; 2] = [true, true];
const WITHOUT: [bool; 2] = [false, false];

#[test]
fn the_newest_of_each_kind_is_used_and_of_all_others_the_reason_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let [path, elsewhere, pyenv, log] = ["a path", "elsewhere", "py env", "log"]
        .map(|name| folder.path().join(name));
    let make = |name: &str, is: &str, version, locks| {
        interpreter(&path.join(name), &log, is, version, locks, "");
    };
    make("python3", "CPython", [3, 12, 1], WITH_LOCK);
    make("python3.13t", "CPython", [3, 13, 0], WITHOUT);
    make("python3.14t", "CPython", [3, 14, 0], WITHOUT);
    make("python3.15t", "CPython", [3, 15, 0], [false, true]);
    make("python2", "CPython", [2, 7, 18], WITH_LOCK);
    make("python3.7m", "CPython", [3, 7, 9], WITH_LOCK);
    make("python3.10", "PyPy", [3, 10, 0], WITH_LOCK);
    make("python3-config", "CPython", [3, 99, 0], WITH_LOCK);
    program(&path.join("python"), "echo rubbish");
    program(
        &path.join("python3.11"),
        "echo 'pyenv: python3.11: command not found' >&2; echo 'Note: see help' >&2; exit 127",
    );
    program(&path.join("python3.6"), "sleep 600 & wait");
    fs::write(path.join("python3.5"), "it can't be run").unwrap();
    symlink("python3", path.join("python3.12")).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    symlink(path.join("python3.14t"), elsewhere.join("python3.14")).unwrap();
    // This script calls an interpreter that was asked already.
    let first = path.join("python3");
    interpreter(
        &elsewhere.join("python3.8"),
        &log,
        "CPython",
        [3, 12, 1],
        WITH_LOCK,
        first.to_str().unwrap(),
    );
    program(
        &elsewhere.join("pyenv"),
        &format!("[ $1 = root ] && echo '{}'", pyenv.display()),
    );
    interpreter(
        &pyenv.join("versions/3.14.2/bin/python3.14"),
        &log,
        "CPython",
        [3, 14, 2],
        WITH_LOCK,
        "",
    );
    interpreter(
        &pyenv.join("shims/python3.14"),
        &log,
        "CPython",
        [3, 99, 1],
        WITH_LOCK,
        "",
    );

    let mut command = EXPERIMENT.command(&["held"]);
    let all = [
        &path,
        &pyenv.join("shims"),
        &elsewhere,
        Path::new("/usr/bin"),
        Path::new("/bin"),
    ];
    // The tools that the scripts call, without the machine's own interpreters.
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    let sleep = all[3..]
        .iter()
        .map(|folder| folder.join("sleep"))
        .find(|tool| tool.exists())
        .unwrap();
    symlink(sleep, tools.join("sleep")).unwrap();
    command
        .env(
            "PATH",
            std::env::join_paths([all[0], all[1], all[2], &tools]).unwrap(),
        )
        .env("HOME", folder.path());
    let output = EXPERIMENT.output(&mut command);
    let said = String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(output.status.success(), "{output:?}");
    for line in [
        "The rows python-… ran on CPython 3.14.2.",
        "The row python-free-threads ran on CPython 3.14.0 without a lock.",
        "Not used: pyenv's shims (they only call interpreters that were asked directly).",
        "Not used: ~/a path/python (it ran about.py and printed something else than a result).",
        "Not used: CPython 2.7.18, CPython 3.7.9 (3.8 is the oldest that can be used).",
        "Not used: CPython 3.12.1, CPython 3.13.0 without a lock (another one of the same kind is at least as new).",
        "Not used: PyPy 3.10.0 (only CPython can be used).",
        "Not used: ~/a path/python3.11 (it says `command not found`, as a shim of pyenv does).",
        "Not used: CPython 3.15.0 without a lock (its lock has been switched on again).",
        "Not used: ~/a path/python3.6 (it took longer than 10 s).",
    ] {
        assert!(said.contains(line), "not told: {line}\n{said}");
    }
    assert!(
        !said.contains("Left out")
            && !said.contains("3.5")
            && !said.contains("3.99"),
        "{said}"
    );
    let mut called: Vec<String> =
        fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect();
    called.sort_unstable();
    // Each interpreter is asked once, and two of them are used.
    let asked =
        ["2", "3", "3.10", "3.13t", "3.14", "3.14t", "3.15t", "3.7m", "3.8"]
            .map(|name| format!("python{name} "));
    let used =
        ["3.14 fork", "3.14 subinterpreters", "3.14 threads", "3.14t threads"]
            .map(|use_of| format!("python{use_of}"));
    let mut expected = [&asked[..], &used].concat();
    expected.sort_unstable();
    assert_eq!(called, expected);
}

/// A fake that says this about itself, and prints this for each script.
fn fake(
    folder: &Path,
    name: &str,
    version: [u32; 3],
    [locked, sub]: [bool; 2],
    prints: &str,
) {
    let about = format!(
        r#"{{"implementation": "CPython", "version": {version:?}, "executable": "", "subinterpreters": {sub}, "compiler": "cc",
        "built_with_lock": {locked}, "locked": {locked}}}"#
    );
    program(
        &folder.join(name),
        &format!("case $5 in '') echo '{about}';; *) echo '{prints}';; esac"),
    );
}

/// What the experiment says if these are the only interpreters.
fn said(folder: &Path, words: &[&str]) -> String {
    let output = EXPERIMENT.output(EXPERIMENT.command(words).env("PATH", folder));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_build_without_sub_interpreters_leaves_them_to_an_older_one() {
    let folder = tempfile::tempdir().unwrap();
    fake(folder.path(), "python3.14", [3, 14, 0], [true, false], "1");
    fake(folder.path(), "python3.12", [3, 12, 4], [true, true], "2");
    fake(folder.path(), "python3.11", [3, 11, 9], [true, false], "2");
    let said = said(folder.path(), &["held"]);
    for line in [
        "The rows python-… ran on CPython 3.14.0.",
        "The row python-subinterpreters ran on CPython 3.12.4.",
        "Not used: CPython 3.11.9 (another one of the same kind is at least as new).",
        "there is no CPython, 3.13 or newer, built without the lock",
    ] {
        assert!(said.contains(line), "not told: {line}\n{said}");
    }
}

#[test]
fn each_version_is_measured_from_the_oldest_to_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let shows = r#"{"lost": 0.25, "two_threads": 1.5, "alone": 1e-7}"#;
    let fakes = [
        ("python3.13t", [3, 13, 1], false),
        ("python3.9", [3, 9, 1], true),
        ("python3", [3, 9, 5], true),
        ("python2", [2, 7, 18], true),
        ("python3.13", [3, 13, 0], true),
    ];
    for (name, version, locked) in fakes {
        fake(folder.path(), name, version, [locked, false], shows);
    }
    let told = said(folder.path(), &["versions"]);
    let places: Vec<Option<usize>> = ["2.7", "3.9", "3.13", "3.13t"]
        .map(|version| told.find(&format!("cpython {version} 25.0 %")))
        .into();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{told}");
    let passed = "Not used: CPython 3.9.1 (another one of the same version is at least as new).";
    assert!(told.contains(passed), "{told}");
    let nobody = tempfile::tempdir().unwrap();
    let told = said(nobody.path(), &["versions"]);
    assert!(told.contains("there is no CPython; name one with --python"), "{told}");
}
