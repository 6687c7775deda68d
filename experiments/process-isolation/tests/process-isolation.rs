//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it.

use std::collections::BTreeMap;
use std::time::Duration;

use process_isolation::{Run, VARIANTS};
use testing::{Experiment, refusal, spans};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_process-isolation"), Duration::from_secs(60));

/// The values of all outcomes, by `metric/variant/parameter`.
fn outcomes(arguments: &[&str]) -> BTreeMap<String, f64> {
    let outcomes = EXPERIMENT.outcomes(arguments).into_iter();
    outcomes.map(|o| (format!("{}/{}/{}", o.metric, o.variant, o.parameter), o.value)).collect()
}

/// Each place: whether it lies at the same address for both, whether the other finds what the first wrote, and whether the
/// first sees what the other wrote.
const PLACES: [(&str, [f64; 3]); 11] = [
    ("threads/static", [1.0, 1.0, 1.0]),
    ("threads/heap", [1.0, 1.0, 1.0]),
    ("threads/local", [0.0, 0.0, 0.0]),
    ("threads/lent-local", [1.0, 1.0, 1.0]),
    ("threads/mapping", [1.0, 1.0, 1.0]),
    ("threads/thread-local", [0.0, 0.0, 0.0]),
    ("processes/static", [1.0, 1.0, 0.0]),
    ("processes/heap", [1.0, 1.0, 0.0]),
    ("processes/local", [1.0, 1.0, 0.0]),
    ("processes/mapping", [1.0, 1.0, 1.0]),
    ("processes/thread-local", [1.0, 1.0, 0.0]),
];

fn threads_share_and_processes_do_not() {
    let outcomes = outcomes(&[]);
    for (place, values) in PLACES {
        let found = ["same-address", "found", "seen"].map(|metric| outcomes[&format!("{metric}/{place}")]);
        assert_eq!(found, values, "{place}");
    }
    // What begins anew may be given any address.
    for place in ["static", "heap", "local", "thread-local", "mapping"] {
        let found = ["found", "seen"].map(|metric| outcomes[&format!("{metric}/exec/{place}")]);
        assert_eq!(found, [0.0, 0.0], "{place}");
    }
    for (point, value) in [
        ("same-address/threads/function", 1.0),
        ("same-address/processes/function", 1.0),
        ("at-once/threads/function", 2.0),
        ("at-once/processes/function", 2.0),
        ("same/threads/pid", 1.0),
        ("same/threads/tid", 0.0),
        ("same/processes/pid", 0.0),
        ("same/processes/tid", 0.0),
        ("same/exec/pid", 0.0),
        ("inherited/exec/environment", 1.0),
        ("inherited/exec/input", 1.0),
        ("inherited/exec/other-file", 0.0),
        ("inherited/exec/folder", 1.0),
        ("inherited/exec/pid", 1.0),
        ("moved/file-threads/offset", 4.0),
        ("moved/file-processes/offset", 4.0),
        ("moved/file-exec/offset", 4.0),
        ("moved/file-opened-anew/offset", 0.0),
        ("moved/pipe-threads/readable", 4.0),
        ("moved/pipe-processes/readable", 4.0),
    ] {
        assert_eq!(outcomes[point], value, "{point}");
    }
}

#[test]
fn threads_share_what_processes_copy() {
    threads_share_and_processes_do_not();
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_too() {
    testing::on_one_core();
    threads_share_and_processes_do_not();
    pages_are_copied_when_they_are_written(256);
}

/// The kernel may have faults of its own reasons to serve, so it counts at least those that are told here.
fn pages_are_copied_when_they_are_written(pages: usize) {
    let outcomes = outcomes(&["--pages", &pages.to_string()]);
    let of = |metric: &str, variant: &str, some: usize| outcomes[&format!("{metric}/{variant}/{some}")];
    for some in [0, pages / 4, pages / 2, pages * 3 / 4, pages] {
        let all = some as f64;
        assert!(of("faulted", "child-writes", some) >= all, "{some}: {outcomes:?}");
        assert_eq!(of("private", "child-writes", some), all);
        assert_eq!(of("added", "child-writes", some), all);
        assert!(of("faulted", "child-reads", some) < pages as f64 / 2.0, "{some}: {outcomes:?}");
        assert_eq!(of("private", "child-reads", some), 0.0);
        assert_eq!(of("added", "child-reads", some), 0.0);
    }
    let all = pages as f64;
    for (variant, added, private_before, private) in [
        ("child-writes-huge", all, 0.0, all),
        ("child-writes-shared", 0.0, 0.0, 0.0),
        ("parent-writes", all, 0.0, all),
        ("parent-writes-last", all, all, all),
    ] {
        let seen = ["added", "private-before", "private"].map(|metric| of(metric, variant, pages));
        assert_eq!(seen, [added, private_before, private], "{variant}");
        // Of huge and shared pages the kernel may map several at once.
        let least = if variant.starts_with("parent") { all } else { 1.0 };
        assert!(of("faulted", variant, pages) >= least, "{variant}: {outcomes:?}");
    }
    assert!(of("first-touch", "child-writes", pages) >= all);
}

#[cfg(target_os = "linux")]
#[test]
fn a_write_to_a_private_page_copies_it_and_a_read_does_not() {
    pages_are_copied_when_they_are_written(1024);
    pages_are_copied_when_they_are_written(16);
}

#[test]
fn one_variant_can_be_run_alone() {
    for variant in VARIANTS {
        let outcomes = EXPERIMENT.outcomes(&["--variant", variant.name]);
        assert!(!outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.variant == variant.name), "{outcomes:?}");
    }
}

#[test]
fn every_run_has_the_same_outcomes() {
    let points = || outcomes(&[]).into_keys().collect::<Vec<String>>();
    assert_eq!(points(), points());
}

#[test]
fn for_people_it_ends_in_words() {
    let text = EXPERIMENT.words(&[]);
    assert!(VARIANTS.iter().all(|variant| text.contains(variant.name)), "{text}");
    for words in [
        "threads: one memory, and in it a stack and thread-locals for each.",
        "processes: the same addresses, and two memories but for the mapping.",
        "exec: a memory that begins anew.",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn variants_that_the_system_refuses_are_left_out_and_the_others_are_not() {
    // Addresses for the program, and none for two thousand pages and their like.
    let output = EXPERIMENT.run_within(32, &["--json", "--pages", "16384"]);
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{complaints}");
    let outcomes = testing::outcomes(&String::from_utf8(output.stdout).unwrap());
    for variant in VARIANTS {
        let is_refused = matches!(variant.run, Run::Pages(_));
        assert_eq!(complaints.contains(variant.name), is_refused, "{complaints}");
        assert_eq!(outcomes.iter().any(|outcome| outcome.variant == variant.name), !is_refused, "{}", variant.name);
    }
}

#[test]
fn wrong_arguments_are_refused_in_one_line() {
    for (flag, values) in [
        ("--pages", &["15", "16385", "-1", "x", ""][..]),
        ("--keep", &["-1", "3601", "x"]),
        ("--variant", &["fork", ""]),
        ("--workers", &["0", "1", "3", "x"]),
    ] {
        for value in values {
            let said = refusal(EXPERIMENT.run(&[flag, value]));
            assert!(said.contains(flag), "{said}");
        }
    }
}

#[test]
fn help_has_examples_and_keeps_the_other_side_to_itself() {
    let text = EXPERIMENT.words(&["--help"]);
    assert!(text.contains("cargo run -p process-isolation") && !text.contains("--as-the-other"), "{text}");
}

#[test]
fn a_timeline_has_both_workers_of_every_pair() {
    assert_eq!(spans(&EXPERIMENT.timeline(&[])), 6);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&[]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_child_along() {
    for variant in ["processes", "exec", "file-processes"] {
        EXPERIMENT.takes_its_children_along(1, &["--variant", variant, "--keep", "60"]);
    }
}
