//! What is lost, is lost every time; what is repaired, loses nothing; two hold a lock at the same instant only if each has one; and an interpreter that can't be used is told in words.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::time::Duration;

use global_interpreter_lock::{COUNTINGS, VARIANTS, Work};
use testing::{Experiment, refusal};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_global-interpreter-lock"), Duration::from_secs(120));

/// Little work, for what is asserted here is no time.
const LITTLE: [&str; 6] = ["--roots", "20000", "--wait", "1", "--rounds", "1"];

/// Every time, with any number of workers.
#[test]
fn updates_are_lost_where_they_are_to_be_and_nowhere_else() {
    for workers in [2, 3, 8] {
        for counting in COUNTINGS.iter().flat_map(|counting| [counting; 5]) {
            let (counted, all) = ((counting.count)(workers, 5000).unwrap(), workers as u64 * 5000);
            assert_eq!(counted < all, counting.loses, "{}: {counted} of {all}", counting.name);
            assert!(counted >= 5000, "{}: {counted} are fewer than one of them made", counting.name);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    updates_are_lost_where_they_are_to_be_and_nowhere_else();
    two_processes_hold_their_locks_at_the_same_instant_and_two_threads_with_one_lock_never_do();
}

/// CPython's too, if it is here. Nothing is asserted of a time: each keeps its lock until it has seen the other hold one.
#[test]
fn two_processes_hold_their_locks_at_the_same_instant_and_two_threads_with_one_lock_never_do() {
    let held = |arguments: &[&str]| -> Vec<(String, f64)> {
        let outcomes = EXPERIMENT.outcomes(&[&["held"], arguments].concat());
        outcomes.into_iter().map(|told| (told.variant, told.value)).collect()
    };
    let (share_one, have_one_each) = ("gil-threads".to_owned(), "gil-processes".to_owned());
    for _ in 0..5 {
        assert_eq!(held(&["--variant", &share_one]), [(share_one.clone(), 1.0)]);
        assert_eq!(held(&["--variant", &have_one_each]), [(have_one_each.clone(), 2.0)]);
    }
    let mut python = held(&[]).split_off(2);
    // Where there is another way, it has no lock that two share.
    python.retain(|(variant, _)| ["python-threads", "python-fork"].contains(&&variant[..]));
    match &python[..] {
        [(_, threads), (_, fork)] => assert_eq!((*threads, *fork), (1.0, 2.0)),
        [(_, fork)] => assert_eq!(*fork, 2.0, "without a lock"),
        _ => assert!(std::env::var_os("CI").is_none(), "install python3, for nothing may be left out in CI"),
    }
}

#[test]
fn two_turns_never_overlap_under_the_lock() {
    let threads = VARIANTS.iter().find(|variant| variant.name == "gil-threads").unwrap();
    let mut all = (threads.at_once)(3, Work::Compute(2_000_000)).unwrap().concat();
    all.sort_unstable_by_key(|turn| turn.start);
    assert!(all.len() >= 3 && all.windows(2).all(|pair| pair[0].end <= pair[1].start), "{all:?}");
}

/// CPython's too, if it is here.
#[test]
fn every_variant_is_told_of() {
    let outcomes = EXPERIMENT.outcomes(&[&LITTLE[..], &["--workers", "3"]].concat());
    let value = |variant: &str, metric: &str| {
        let is_it = |told: &&lab::report::Outcome| told.variant == variant && told.metric == metric;
        outcomes.iter().find(is_it).map(|outcome| outcome.value)
    };
    let is_told = |variant: &str, metrics: &[&str]| metrics.iter().all(|metric| value(variant, metric) > Some(0.0));
    for variant in VARIANTS {
        assert!(is_told(variant.name, &["serially", "compute", "wait"]), "{}: {outcomes:?}", variant.name);
        assert_eq!(is_told(variant.name, &["late"]), variant.late.is_some(), "{}: {outcomes:?}", variant.name);
    }
    for counting in COUNTINGS {
        assert_eq!(is_told(counting.name, &["lost", "share-lost"]), counting.loses, "{}", counting.name);
    }
    if value("python-fork", "compute").is_none() {
        return assert!(std::env::var_os("CI").is_none(), "install python3, for nothing may be left out in CI");
    }
    assert!(is_told("python-fork", &["serially", "compute", "wait"]) && is_told("python-spawn", &["compute"]));
    assert!(is_told("python-threads", &["compute", "late"]) || is_told("python-free-threads", &["compute", "late"]));
    assert_eq!(value("python-own-lock", "lost"), Some(0.0));
}

/// With this shell script as the interpreter that is named, or as the only one on the PATH; and all words that it then says.
fn with_interpreter(script: &str, is_named: bool) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python3");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let named = ["--python", path.to_str().unwrap()];
    let mut command = EXPERIMENT.command(&[&LITTLE[..], if is_named { &named } else { &[] }].concat());
    let output = EXPERIMENT.output(if is_named { &mut command } else { command.env("PATH", folder.path()) });
    (output.clone(), String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn an_interpreter_that_cannot_be_used_is_one_line_if_named_and_else_left_out() {
    let about = |who: &str, version: &str| {
        let it = r#""executable": "", "locked": true, "subinterpreters": false"#;
        format!(r#"echo '{{"implementation": "{who}", "version": {version}, {it}}}'"#)
    };
    for (script, says) in [
        ("kill -SEGV $$".to_owned(), "signal 11"),
        ("echo 'Some\x1b[31mError: why' >&2; exit 1".to_owned(), "Some[31mError: why"),
        ("echo rubbish".to_owned(), "not what that prints"),
        (about("CPython", "[3, 7, 0]"), "3.8 is the oldest"),
        (about("PyPy", "[3, 11, 0]"), "it is PyPy"),
        ("sleep 600 & wait".to_owned(), "was not done within"),
    ] {
        let named = refusal(with_interpreter(&script, true).0);
        assert!(named.contains("--python") && named.contains(says), "{script}: {named}");
    }
    for script in ["kill -SEGV $$".to_owned(), about("PyPy", "[3, 11, 0]")] {
        let (output, said) = with_interpreter(&script, false);
        assert!(output.status.success() && said.contains("gil-threads"), "{script}: {said}");
        assert!(said.contains("Left out: python-threads, ") && !said.contains('\x1b'), "{script}: {said}");
    }
    // It says what it is, and then it fails: a script is run by four words, and more if there is something to tell it.
    let fails = format!("case $# in 4) {} ;; *) exit 3 ;; esac", about("CPython", "[3, 11, 0]"));
    let (output, said) = with_interpreter(&fails, true);
    assert!(output.status.code() == Some(1) && said.contains("gil-threads") && said.contains("exit code 3"), "{said}");
}

/// It is no failure that there is none, but for a reader who wants nothing else.
#[test]
fn without_an_interpreter_the_rest_is_done() {
    for (alone, code) in [(&[][..], 0), (&["--variant", "python-threads"], 1)] {
        let mut command = EXPERIMENT.command(&[&LITTLE[..], alone].concat());
        let output = EXPERIMENT.output(command.env("PATH", "/no/such/folder"));
        let said = String::from_utf8_lossy(&output.stdout).replace('\n', " ");
        assert!(output.status.code() == Some(code) && said.contains("there is no python3"), "{output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_experiment_takes_its_processes_along() {
    let long = ["--workers", "3", "--rounds", "100", "--roots", "40000000", "--variant", "gil-processes"];
    EXPERIMENT.takes_its_children_along(3, &long);
}
