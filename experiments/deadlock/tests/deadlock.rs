//! What deadlocks, deadlocks every time, on any number of cores, and its cycle is named; what is repaired, finishes; and
//! nobody who hangs is left behind.

use std::time::Duration;

use deadlock::{COLLISIONS, Ends, LEAK, VARIANTS};
use lab::report::Outcome;
use serde_json::Value;
use testing::Experiment;

/// For what never ends. What is run here takes a small part of it, on a busy machine too.
const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_deadlock"), Duration::from_secs(120));

fn value(outcomes: &[Outcome], variant: &str, metric: &str) -> Option<f64> {
    outcomes.iter().find(|outcome| outcome.variant == variant && outcome.metric == metric).map(|outcome| outcome.value)
}

/// Of 1,000 runs of each repair, and 20 of each variant that is there to deadlock.
fn all_end_as_they_should(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    for variant in VARIANTS {
        let counts = ["runs", "finished", "deadlocked"].map(|metric| value(&outcomes, variant.name, metric).unwrap());
        let expected = match variant.ends {
            Ends::Deadlocked => [20.0, 0.0, 20.0],
            Ends::GivenUp => [1.0, 0.0, 0.0],
            Ends::Finished => [1000.0, 1000.0, 0.0],
        };
        assert_eq!(counts, expected, "{}: runs, finished, deadlocked", variant.name);
    }
    assert_eq!(value(&outcomes, "try-lock-lockstep", "collisions"), Some(COLLISIONS as f64));
}

#[test]
fn all_end_as_they_should_every_time() {
    all_end_as_they_should(&[]);
}

#[test]
fn a_table_of_any_size_is_no_different() {
    for philosophers in ["2", "64"] {
        all_end_as_they_should(&["--philosophers", philosophers, "--workers", "8"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    all_end_as_they_should(&[]);
    all_end_as_they_should(&["--philosophers", "2"]);
}

#[test]
fn the_cycle_is_named_and_the_kernel_shows_who_is_asleep() {
    for (who, variant) in [("thread", "opposite-order-threads"), ("process", "opposite-order-processes")] {
        let link = |one, has, other, wants| {
            format!("{who} {one} holds {has} and waits for {wants}, which {who} {other} holds")
        };
        says(&["--variant", variant], &[&link(0, "A", 1, "B"), &link(1, "B", 0, "A"), "asleep (S)"]);
    }
    says(&["--variant", "self-deadlock"], &["thread 0 holds A and waits for A, which it holds itself."]);
    for (who, variant) in [("thread", "pipe-cycle-threads"), ("process", "pipe-cycle-processes")] {
        let link =
            |one, pipe, other| format!("{who} {one} waits for room in pipe {pipe}, which only {who} {other} drains");
        says(&["--variant", variant], &[&link(0, "A", 1), &link(1, "B", 0)]);
    }
    let link = |one| format!("thread {one} holds fork {one} and waits for fork {}", (one + 1) % 64);
    let every: Vec<String> = (0..64).map(link).collect();
    let every: Vec<&str> = every.iter().map(String::as_str).collect();
    says(&["--variant", "philosophers", "--philosophers", "64"], &every);
}

fn says(arguments: &[&str], all: &[&str]) {
    let said = EXPERIMENT.words(&[arguments, &["--runs", "1"]].concat());
    all.iter().for_each(|what| assert!(said.contains(what), "{what}: {said}"));
}

#[test]
fn the_exit_code_tells_a_deadlock_from_an_end() {
    let code = |arguments: &[&str]| EXPERIMENT.run(&[&["--runs", "1"], arguments].concat()).status.code();
    for (variant, as_it_is, deadlock, finish) in
        [("opposite-order-threads", 0, 0, 1), ("one-order", 0, 1, 0), ("try-lock-lockstep", 0, 1, 1)]
    {
        assert_eq!(code(&["--variant", variant]), Some(as_it_is), "{variant}");
        assert_eq!(code(&["--variant", variant, "--expect", "deadlock"]), Some(deadlock), "{variant}");
        assert_eq!(code(&["--variant", variant, "--expect", "finish"]), Some(finish), "{variant}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn who_leaks_finishes_and_who_deadlocks_leaks_nothing() {
    let outcomes = EXPERIMENT.outcomes(&[]);
    let grown = |variant| value(&outcomes, variant, "grown").unwrap();
    assert!(grown("leaks-and-finishes") >= LEAK as f64);
    for variant in VARIANTS.iter().filter(|variant| variant.ends == Ends::Deadlocked) {
        assert!(grown(variant.name) < LEAK as f64 / 64.0, "{} grew by {}", variant.name, grown(variant.name));
    }
    assert!(value(&outcomes, "pipe-cycle-processes", "written").unwrap() >= 512.0, "a full pipe was filled first");
}

/// The names of what each row of a group shows, of those in this category.
fn shown(events: &[Value], group: &str, category: &str) -> Vec<String> {
    let name = |event: &&Value| event["name"] == "process_name" && event["args"]["name"] == group;
    let pid = &events.iter().find(name).unwrap()["pid"];
    let mut names: Vec<String> = events
        .iter()
        .filter(|event| event["ph"] == "X" && event["pid"] == *pid && event["cat"] == category)
        .map(|event| event["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_timeline_shows_who_holds_and_who_waits() {
    let timeline = EXPERIMENT.timeline(&["--runs", "1", "--pace", "100"]);
    assert_eq!(shown(&timeline, "opposite-order-threads", "holds"), ["holds A", "holds B"]);
    assert_eq!(shown(&timeline, "opposite-order-processes", "waits"), ["waits for A", "waits for B"]);
    assert_eq!(shown(&timeline, "philosophers", "waits").len(), 5);
    assert_eq!(shown(&timeline, "one-order", "holds").len(), 10, "a repair ends: everybody held both forks");
    // What isn't a fork isn't called one: there are the forks 0 to 4, the table, and the waiter.
    assert_eq!(shown(&timeline, "one-lock", "holds"), ["holds the table"; 5]);
    assert!(shown(&timeline, "arbitrator", "waits").iter().all(|name| !name.contains("fork 5")));
}

/// Whether a tool is there. Where it isn't, this says so; in CI it must be.
#[cfg(target_os = "linux")]
fn is_there(tool: &str) -> bool {
    let there = std::process::Command::new(tool).arg("--version").output().is_ok();
    assert!(there || std::env::var_os("CI").is_none(), "install {tool}, for nothing may be left out in CI");
    there
}

#[cfg(target_os = "linux")]
#[test]
fn gdb_shows_where_each_worker_hangs_where_there_is_gdb() {
    let arguments = ["--variant", "opposite-order-processes", "--runs", "1", "--backtrace"];
    if is_there("gdb") {
        let said = EXPERIMENT.text(&arguments);
        let frames = said.lines().filter(|line| line.contains("take_both") && line.contains("src/lib.rs:")).count();
        assert_eq!(frames, 2, "{said}");
    }
    let output = EXPERIMENT.output(EXPERIMENT.command(&arguments).env("PATH", "/nowhere"));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("gdb shows nothing of process"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_along_who_hangs() {
    for (variant, hanging) in [("opposite-order-threads", 1), ("pipe-cycle-processes", 2)] {
        EXPERIMENT.takes_its_children_along(hanging, &["--variant", variant, "--runs", "1", "--keep-hung", "600"]);
    }
}
