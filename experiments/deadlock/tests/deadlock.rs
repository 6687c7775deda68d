//! On any number of cores, every broken variant deadlocks every time, and its cycle is named. Every repair finishes, and no
//! hanging process is left behind.

use std::time::Duration;

use deadlock::{COLLISIONS, Ends, LEAK, VARIANTS};
use lab::report::Outcome;
use serde_json::Value;
use testing::Experiment;

/// The time limit is for what never ends. On a busy machine, a worker that yields loses its CPU for milliseconds.
const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_deadlock"), Duration::from_secs(300));

fn value(outcomes: &[Outcome], variant: &str, metric: &str) -> Option<f64> {
    outcomes
        .iter()
        .find(|outcome| outcome.variant == variant && outcome.metric == metric)
        .map(|outcome| outcome.value)
}

/// Makes 200 runs of each repair, and 4 of each broken variant. `cargo soak` makes thousands.
fn all_end_as_they_should(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(&[arguments, &["--runs", "200"]].concat());
    for variant in VARIANTS {
        let counts = ["runs", "finished", "deadlocked"]
            .map(|metric| value(&outcomes, variant.name, metric).unwrap());
        let expected = match variant.ends {
            Ends::Deadlocked => [4.0, 0.0, 4.0],
            Ends::GivenUp => [1.0, 0.0, 0.0],
            Ends::Finished => [200.0, 200.0, 0.0],
        };
        assert_eq!(
            counts, expected,
            "{}: runs, finished, deadlocked",
            variant.name
        );
    }
    assert_eq!(
        value(&outcomes, "try-lock-lockstep", "collisions"),
        Some(COLLISIONS as f64)
    );
}

#[test]
fn all_end_as_they_should_every_time_at_a_table_of_any_size() {
    all_end_as_they_should(&[]);
    all_end_as_they_should(&["--philosophers", "16", "--workers", "8"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    all_end_as_they_should(&[]);
    all_end_as_they_should(&["--philosophers", "2"]);
}

#[test]
fn the_cycle_is_named_and_the_kernel_shows_its_workers_asleep() {
    let says = |variant: &str, what: &str| {
        let said = EXPERIMENT.words(&[
            "--variant",
            variant,
            "--philosophers",
            "64",
            "--runs",
            "1",
        ]);
        assert!(said.contains(what), "{what}: {said}");
        assert!(said.contains("asleep (S)"), "{said}");
    };
    for (who, of) in [("thread", "threads"), ("process", "processes")] {
        let link = |one, has, wants, other| {
            format!(
                "{who} {one} holds {has} and waits for {wants}, which {who} {other}"
            )
        };
        let cycle = format!(
            "{} holds; {} holds.",
            link(0, "A", "B", 1),
            link(1, "B", "A", 0)
        );
        says(&format!("opposite-order-{of}"), &cycle);
        let link = |one, pipe, other| {
            format!(
                "{who} {one} waits for room in pipe {pipe}, which only {who} {other} drains"
            )
        };
        says(
            &format!("pipe-cycle-{of}"),
            &format!("{}; {}.", link(0, "A", 1), link(1, "B", 0)),
        );
    }
    says(
        "self-deadlock",
        "thread 0 holds A and waits for A, which it holds itself.",
    );
    let link = |one| {
        format!(
            "thread {one} holds fork {one} and waits for fork {0}, which thread {0} holds",
            (one + 1) % 64
        )
    };
    says("philosophers", &(0..64).map(link).collect::<Vec<_>>().join("; "));
}

#[test]
fn the_exit_code_tells_a_deadlock_from_an_end() {
    let code = |arguments: &[&str]| {
        EXPERIMENT.run(&[&["--runs", "1"], arguments].concat()).status.code()
    };
    let ends = [
        ("opposite-order-threads", [0, 0, 1]),
        ("one-order", [0, 1, 0]),
        ("try-lock-lockstep", [0, 1, 1]),
    ];
    for (variant, codes) in ends {
        let expected: [&[&str]; 3] =
            [&[], &["--expect", "deadlock"], &["--expect", "finish"]];
        assert_eq!(
            expected.map(|end| code(&[&["--variant", variant], end].concat())),
            codes.map(Some),
            "{variant}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_leaking_program_finishes_and_a_deadlock_leaks_nothing() {
    let outcomes = EXPERIMENT.outcomes(&["--runs", "1"]);
    let grown = |variant| value(&outcomes, variant, "grown").unwrap();
    assert!(grown("leaks-and-finishes") >= LEAK as f64);
    for variant in
        VARIANTS.iter().filter(|variant| variant.ends == Ends::Deadlocked)
    {
        assert!(
            grown(variant.name) < LEAK as f64 / 64.0,
            "{} grew by {}",
            variant.name,
            grown(variant.name)
        );
    }
    assert!(
        value(&outcomes, "pipe-cycle-processes", "written").unwrap() >= 512.0,
        "a full pipe was filled first"
    );
}

/// The names of all events of this category in the rows of a group.
fn shown<'a>(events: &'a [Value], group: &str, category: &str) -> Vec<&'a str> {
    let pid =
        &events.iter().find(|event| event["args"]["name"] == group).unwrap()["pid"];
    let is_it = |event: &&Value| {
        event["ph"] == "X" && event["pid"] == *pid && event["cat"] == category
    };
    let mut names: Vec<&str> = events
        .iter()
        .filter(is_it)
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn a_timeline_shows_what_each_worker_holds_and_waits_for() {
    let timeline = EXPERIMENT.timeline(&["--runs", "1", "--pace", "100"]);
    assert_eq!(
        shown(&timeline, "opposite-order-threads", "holds"),
        ["holds A", "holds B"]
    );
    assert_eq!(
        shown(&timeline, "opposite-order-processes", "waits"),
        ["waits for A", "waits for B"]
    );
    assert_eq!(shown(&timeline, "philosophers", "waits").len(), 5);
    assert_eq!(
        shown(&timeline, "one-order", "holds").len(),
        10,
        "a repair ends: everybody held both forks"
    );
    // Only forks are called forks: there are the forks 0 to 4, the table, and the waiter.
    assert_eq!(shown(&timeline, "one-lock", "holds"), ["holds the table"; 5]);
    assert!(
        shown(&timeline, "arbitrator", "waits")
            .iter()
            .all(|name| !name.contains("fork 5"))
    );
}

#[cfg(target_os = "linux")]
#[test]
fn gdb_shows_where_each_worker_hangs_if_there_is_gdb() {
    let arguments =
        ["--variant", "opposite-order-processes", "--runs", "1", "--backtrace"];
    let is_there =
        std::process::Command::new("gdb").arg("--version").output().is_ok();
    assert!(
        is_there || std::env::var_os("CI").is_none(),
        "install gdb, for nothing may be left out in CI"
    );
    if is_there {
        let said = EXPERIMENT.text(&arguments);
        let frames = said
            .lines()
            .filter(|line| {
                line.contains("take_both") && line.contains("src/orders.rs:")
            })
            .count();
        assert_eq!(frames, 2, "{said}");
    }
    let output =
        EXPERIMENT.output(EXPERIMENT.command(&arguments).env("PATH", "/nowhere"));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && said.contains("gdb shows nothing of process"),
        "{said}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_along_its_hanging_children() {
    for (variant, hanging) in
        [("opposite-order-threads", 1), ("pipe-cycle-processes", 2)]
    {
        EXPERIMENT.takes_its_children_along(
            hanging,
            &["--variant", variant, "--runs", "1", "--keep-hung", "600"],
        );
    }
}
