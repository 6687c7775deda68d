//! The experiment shows the same on any number of cores, and ends well even if its parent process is killed.

use std::collections::BTreeMap;
use std::time::Duration;

use testing::Experiment;

const EXPERIMENT: Experiment = Experiment::new(
    env!("CARGO_BIN_EXE_process-isolation"),
    Duration::from_secs(60),
);

/// The values of all outcomes, by `metric/variant/parameter`.
fn outcomes(arguments: &[&str]) -> BTreeMap<String, f64> {
    let outcomes = EXPERIMENT.outcomes(arguments).into_iter();
    outcomes
        .map(|o| (format!("{}/{}/{}", o.metric, o.variant, o.parameter), o.value))
        .collect()
}

/// The values in which the variants differ. The exit code says whether everything else is as it should be.
const POINTS: [(&str, f64); 16] = [
    ("seen/threads/heap", 1.0),
    ("seen/threads/lent-local", 1.0),
    ("seen/threads/local", 0.0),
    ("seen/threads/thread-local", 0.0),
    ("same-address/threads/local", 0.0),
    ("at-once/threads/function", 2.0),
    ("same-address/processes/heap", 1.0),
    ("found/processes/heap", 1.0),
    ("seen/processes/heap", 0.0),
    ("seen/processes/mapping", 1.0),
    ("found/exec/mapping", 0.0),
    ("inherited/exec/environment", 1.0),
    ("inherited/exec/other-file", 0.0),
    ("moved/file-processes/offset", 4.0),
    ("moved/file-opened-anew/offset", 0.0),
    ("moved/pipe-processes/readable", 4.0),
];

fn threads_share_and_processes_do_not() {
    let outcomes: BTreeMap<String, f64> =
        outcomes(&[]).into_iter().chain(outcomes(&["files"])).collect();
    for (point, value) in POINTS {
        assert_eq!(outcomes.get(point), Some(&value), "{point}");
    }
}

/// There may be faults for other reasons, so the kernel counts at least as many as are expected here.
#[cfg(target_os = "linux")]
fn pages_are_copied_when_they_are_written(pages: usize) {
    let outcomes = outcomes(&["pages", "--pages", &pages.to_string()]);
    let of = |metric: &str, variant: &str, some: usize| {
        outcomes[&format!("{metric}/{variant}/{some}")]
    };
    for some in [0, pages / 4, pages / 2, pages * 3 / 4, pages] {
        let all = some as f64;
        assert!(of("faulted", "child-writes", some) >= all, "{some}: {outcomes:?}");
        assert_eq!(
            ["private", "added"].map(|metric| of(metric, "child-writes", some)),
            [all; 2]
        );
        assert!(
            of("faulted", "child-reads", some) < pages as f64 / 2.0,
            "{some}: {outcomes:?}"
        );
        assert_eq!(
            ["private", "added"].map(|metric| of(metric, "child-reads", some)),
            [0.0; 2]
        );
    }
    let all = pages as f64;
    for (variant, added, private_before, private) in [
        ("child-writes-huge", all, 0.0, all),
        ("child-writes-shared", 0.0, 0.0, 0.0),
        ("parent-writes", all, 0.0, all),
        ("parent-writes-last", all, all, all),
    ] {
        let seen = ["added", "private-before", "private"]
            .map(|metric| of(metric, variant, pages));
        assert_eq!(seen, [added, private_before, private], "{variant}");
        // The kernel may map several huge or shared pages at once.
        let least = if variant.starts_with("parent") { all } else { 1.0 };
        assert!(of("faulted", variant, pages) >= least, "{variant}: {outcomes:?}");
    }
    assert!(of("first-touch", "child-writes", pages) >= all);
}

#[test]
fn threads_share_what_processes_copy() {
    threads_share_and_processes_do_not();
}

#[cfg(target_os = "linux")]
#[test]
fn a_write_to_a_private_page_copies_it_and_a_read_does_not_on_one_core_too() {
    pages_are_copied_when_they_are_written(1024);
    pages_are_copied_when_they_are_written(16);
    testing::on_one_core();
    pages_are_copied_when_they_are_written(256);
    threads_share_and_processes_do_not();
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_child_along() {
    for variant in ["processes", "exec"] {
        EXPERIMENT
            .takes_its_children_along(1, &["--variant", variant, "--keep", "60"]);
    }
}
