//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it.

use std::time::Duration;

use lab::report::Outcome;
use mutex_fixes::VARIANTS;
use testing::Experiment;

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_mutex-fixes"), Duration::from_secs(300));

fn value(outcomes: &[Outcome], metric: &str, variant: &str, parameter: &str) -> f64 {
    let is_it = |o: &&Outcome| (&o.metric[..], &o.variant[..], &o.parameter[..]) == (metric, variant, parameter);
    outcomes.iter().find(is_it).unwrap_or_else(|| panic!("{metric}/{variant}/{parameter} in {outcomes:?}")).value
}

/// In the exit code, and in the numbers; with each section.
fn nothing_is_lost(workers: &str) {
    for (section, increments) in [("short", "20000"), ("long", "2000"), ("yielding", "100")] {
        let outcomes = EXPERIMENT.outcomes(&["--section", section, "--workers", workers, "--increments", increments]);
        let lost: Vec<f64> = outcomes.iter().filter(|told| told.metric == "lost").map(|told| told.value).collect();
        assert_eq!(lost, [0.0; VARIANTS.len()], "{section}, with {workers} workers");
    }
}

#[test]
fn every_repair_counts_every_addition_with_any_number_of_workers() {
    for workers in ["1", "2", "4", "8"] {
        (0..2).for_each(|_| nothing_is_lost(workers));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    ["2", "5"].into_iter().for_each(nothing_is_lost);
}

#[test]
fn workers_that_meet_wait_and_sleep_and_one_that_is_alone_does_not() {
    let alone = EXPERIMENT.outcomes(&["--workers", "1"]);
    let together = EXPERIMENT.outcomes(&["--section", "yielding", "--workers", "8", "--increments", "1000"]);
    for variant in VARIANTS.iter().filter(|variant| variant.watch.is_some()) {
        assert_eq!(value(&alone, "share-waited", variant.name, "1"), 0.0, "{}", variant.name);
        // Whoever holds the lock yields with it, so somebody finds it taken.
        let name = format!("{}-yielding", variant.name);
        let share = value(&together, "share-waited", &name, "8");
        assert!(share > 0.0 && share <= 100.0, "{name} waited {share} %");
        assert!(!cfg!(target_os = "linux") || value(&together, "sleeps", &name, "8") > 0.0, "{name}");
    }
}

/// strace has to be there in CI, and to be allowed to trace. Elsewhere this says what it left out.
#[cfg(target_os = "linux")]
#[test]
fn a_lock_calls_the_kernel_when_somebody_waits_and_never_when_nobody_does() {
    let counted = EXPERIMENT.outcomes(&["system-calls", "--workers", "3", "--increments", "1000"]);
    if counted.is_empty() {
        assert!(std::env::var_os("CI").is_none(), "no strace can trace here; nothing may be left out in CI");
        assert!(EXPERIMENT.text(&["system-calls"]).starts_with("Left out: the count of system calls ("));
        return;
    }
    for variant in VARIANTS {
        let calls = |workers| value(&counted, "futex-calls", &format!("{}-yielding", variant.name), workers);
        match variant.name {
            // It has an owner besides its workers, and they wait for each other.
            "channel-threads" => assert!(calls("3") > 0.0),
            // A pool wakes its threads, few of them.
            "rayon-threads" => assert!(calls("1") < 100.0, "{} calls", calls("1")),
            name => {
                assert_eq!(calls("1"), 0.0, "{name}, nobody waits");
                assert_eq!(calls("3") > 0.0, variant.watch.is_some(), "{name} made {} calls", calls("3"));
            }
        }
    }
}

/// The exit code says whether the next one met what it must.
#[test]
fn the_next_owner_is_told_by_all_locks_but_two() {
    for _ in 0..20 {
        let text = EXPERIMENT.words(&["poisoning"]);
        assert_eq!(text.matches("90 + 0 90 + 10 is told").count(), 3, "{text}");
        assert!(text.contains("parking-lot-threads panics 90 + 0 90 + 10 isn't told"), "{text}");
        assert!(text.contains("plain-mutex-processes SIGKILL – – finds it locked"), "{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    // With a lock that many wait for, and the long work inside, this takes seconds.
    let arguments = ["--variant", "robust-mutex-processes", "--workers", "3", "--increments", "10000000"];
    EXPERIMENT.takes_its_children_along(3, &[&arguments[..], &["--section", "long"]].concat());
}
