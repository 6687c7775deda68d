//! What is lost, is lost every time; what is repaired, loses nothing; and an interpreter that can't be used is told in words.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use global_interpreter_lock::{COUNTINGS, VARIANTS, WAITERS, Work};
use lab::process;
use lab::report::Outcome;
use testing::{Experiment, refusal};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_global-interpreter-lock"), Duration::from_secs(120));

/// Little work, for what is asserted here is no time.
const LITTLE: [&str; 4] = ["--roots", "20000", "--wait", "1"];

fn little(arguments: &[&str]) -> Vec<Outcome> {
    EXPERIMENT.outcomes(&[&LITTLE, arguments].concat())
}

fn value(outcomes: &[Outcome], variant: &str, metric: &str) -> Option<f64> {
    outcomes.iter().find(|outcome| outcome.variant == variant && outcome.metric == metric).map(|outcome| outcome.value)
}

/// Every time, with any number of workers.
fn updates_are_lost_where_they_are_to_be() {
    for workers in [2, 3, 8] {
        for counting in COUNTINGS {
            for _ in 0..5 {
                let counted = (counting.count)(workers, 5000).unwrap();
                let all = workers as u64 * 5000;
                assert_eq!(counted < all, counting.loses, "{}: {counted} of {all}", counting.name);
                assert!(counted >= 5000, "{}: {counted} are fewer than one of them made", counting.name);
            }
        }
    }
}

#[test]
fn updates_are_lost_where_they_are_to_be_and_nowhere_else() {
    updates_are_lost_where_they_are_to_be();
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    updates_are_lost_where_they_are_to_be();
    let outcomes = little(&["--variant", "gil-switch-inside"]);
    assert!(value(&outcomes, "gil-switch-inside", "lost").unwrap() > 0.0);
}

#[test]
fn two_turns_never_overlap_under_the_lock() {
    let threads = VARIANTS.iter().find(|variant| variant.name == "gil-threads").unwrap();
    for work in [Work::Compute(2_000_000), Work::Wait(Duration::from_millis(1))] {
        let turns = (threads.at_once)(3, work).unwrap();
        assert_eq!(turns.len(), 3);
        let Work::Compute(_) = work else { continue };
        let mut all = turns.concat();
        all.sort_unstable_by_key(|turn| turn.start);
        assert!(all.windows(2).all(|pair| pair[0].end <= pair[1].start), "{all:?}");
    }
}

#[test]
fn whoever_waits_beside_a_computing_thread_comes_back_as_often_as_it_is_to() {
    for waiter in WAITERS {
        let turns = (waiter.wait)(5, Duration::from_micros(100)).unwrap();
        assert_eq!(turns.iter().map(Vec::len).nth(1), Some(5), "{}", waiter.name);
        assert!(!turns[0].is_empty(), "{}", waiter.name);
    }
}

#[test]
fn every_variant_of_ours_is_told_of() {
    let outcomes = little(&["--workers", "3"]);
    for variant in VARIANTS {
        for metric in ["serially", "compute", "wait"] {
            assert!(value(&outcomes, variant.name, metric).unwrap() > 0.0, "{}, {metric}", variant.name);
        }
    }
    for counting in COUNTINGS {
        assert_eq!(value(&outcomes, counting.name, "lost").unwrap() > 0.0, counting.loses, "{}", counting.name);
    }
}

/// CPython's, if it is here.
#[test]
fn cpython_is_measured_where_it_is_found() {
    let outcomes = little(&[]);
    let Some(compute) = value(&outcomes, "python-threads", "compute") else {
        assert!(std::env::var_os("CI").is_none(), "install python3, for nothing may be left out in CI");
        println!("left out, for there is no python3 with a lock here");
        return;
    };
    assert!(compute > 0.0 && value(&outcomes, "python-threads", "late").is_some());
    for way in ["python-fork", "python-spawn"] {
        assert!(value(&outcomes, way, "compute").unwrap() > 0.0, "{way}");
    }
    assert_eq!(value(&outcomes, "python-own-lock", "lost"), Some(0.0));
    let said = EXPERIMENT.words(&LITTLE);
    assert!(said.contains("The interpreter is CPython 3."), "{said}");
}

/// A stand-in for an interpreter: a shell script of this name, in a folder of its own.
fn stand_in(name: &str, script: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}

fn about(implementation: &str, version: &str) -> String {
    format!(
        r#"echo '{{"implementation": "{implementation}", "version": {version}, "executable": "", "locked": true, "subinterpreters": false}}'"#
    )
}

/// What is wrong with an interpreter, and what is said about it.
fn unusable() -> Vec<(String, &'static str)> {
    vec![
        ("kill -SEGV $$".to_owned(), "signal 11"),
        ("exit 3".to_owned(), "exit code 3"),
        ("echo 'Some\x1b[31mError: why' >&2; exit 1".to_owned(), "Some[31mError: why"),
        ("echo rubbish".to_owned(), "not what that prints"),
        ("printf '\\377\\000'".to_owned(), "not what that prints"),
        ("echo '{\"version\": 3}'".to_owned(), "not what that prints"),
        (about("CPython", "[2, 7, 18]"), "it is Python 2.7.18"),
        (about("CPython", "[3, 7, 0]"), "3.8 is the oldest"),
        (about("PyPy", "[3, 11, 0]"), "it is PyPy"),
        // It is what it should be, and then it isn't.
        (format!("case $# in 3) {} ;; *) echo '{{}}' ;; esac", about("CPython", "[3, 11, 0]")), "not what that prints"),
    ]
}

#[test]
fn an_interpreter_that_is_named_and_cannot_be_used_is_one_line() {
    for (script, says) in unusable() {
        let (_folder, path) = stand_in("python3", &script);
        let said = refusal(EXPERIMENT.run(&["--variant", "python-threads", "--python", path.to_str().unwrap()]));
        assert!(said.contains("--python") && said.contains(says), "{script}: {said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("python3");
    fs::write(&file, "").unwrap();
    for path in [folder.path(), &file, Path::new("/no/such/python3")] {
        let said = refusal(EXPERIMENT.run(&["--python", path.to_str().unwrap()]));
        assert!(said.contains("--python") && said.contains("can't start"), "{said}");
    }
}

#[test]
fn an_interpreter_that_hangs_is_one_line() {
    let (_folder, path) = stand_in("python3", "sleep 600 & wait");
    let said = refusal(EXPERIMENT.run(&["--variant", "rust-threads", "--python", path.to_str().unwrap()]));
    assert!(said.contains("--python") && said.contains("was not done within"), "{said}");
}

/// With this folder alone on the PATH.
fn with_path(folder: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_global-interpreter-lock"));
    command.args(LITTLE).env("PATH", folder);
    let output = process::output(&mut command, Duration::from_secs(120)).unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn without_an_interpreter_that_can_be_used_the_rest_is_done() {
    for (script, says) in unusable() {
        let (folder, path) = stand_in("python3", &script);
        let said = with_path(folder.path());
        assert!(said.contains("Left out: python-threads, ") && said.contains(says), "{script}: {said}");
        // What it says of the PATH is where the interpreter lies, unless it can be used at first.
        assert!(said.contains(path.to_str().unwrap()) || says == "not what that prints", "{said}");
        assert!(!said.contains('\x1b') && said.contains("Under the lock"), "{said}");
    }
    let said = with_path(Path::new("/no/such/folder"));
    assert!(said.contains("there is no python3 on the PATH") && said.contains("gil-threads"), "{said}");
    let mut alone = Command::new(env!("CARGO_BIN_EXE_global-interpreter-lock"));
    alone.args(LITTLE).args(["--variant", "python-threads"]).env("PATH", "/no/such/folder");
    let output = process::output(&mut alone, Duration::from_secs(120)).unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

/// What it can be used for at first is kept, and so is what Rust shows.
#[test]
fn an_interpreter_that_fails_on_the_way_costs_no_results() {
    let (_folder, path) =
        stand_in("python3", &format!("case $# in 3) {} ;; *) exit 3 ;; esac", about("CPython", "[3, 11, 0]")));
    let mut command = Command::new(env!("CARGO_BIN_EXE_global-interpreter-lock"));
    command.args(LITTLE).arg("--python").arg(&path);
    let output = process::output(&mut command, Duration::from_secs(120)).unwrap();
    let (table, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(table.contains("gil-threads") && said.contains("exit code 3"), "{output:?}");
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
}

#[test]
fn wrong_arguments_are_named_in_one_line() {
    for (arguments, names) in [
        (["--workers", "1"], "from 2 to 8"),
        (["--workers", "9"], "from 2 to 8"),
        (["--roots", "999"], "from 1000 to 40000000"),
        (["--roots", "4e6"], "--roots"),
        (["--wait", "0"], "from 1 to 1000"),
        (["--rounds", "0"], "from 1 to 100"),
        (["--variant", "gil-thread"], "gil-threads"),
    ] {
        let said = refusal(EXPERIMENT.run(&arguments));
        assert!(said.contains(arguments[0]) && said.contains(names), "{said}");
    }
}

#[test]
fn a_timeline_shows_who_has_the_lock() {
    let timeline = EXPERIMENT.timeline(&["--roots", "1000", "--wait", "1", "--variant", "gil-threads"]);
    // Two threads that compute have at least a turn each; one that waits is late four times beside a third.
    assert!(testing::spans(&timeline) >= 7, "{timeline:?}");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    EXPERIMENT.bears_a_reader_that_leaves(&["--roots", "1000", "--wait", "1", "--variant", "gil-threads"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_experiment_takes_its_processes_along() {
    let long = ["--workers", "3", "--wait", "1000", "--roots", "40000000", "--rounds", "100"];
    EXPERIMENT.takes_its_children_along(3, &[&long[..], &["--variant", "gil-processes"]].concat());
}
