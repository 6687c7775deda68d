//! The broken way loses additions every time, and the repaired ways lose none. Two workers hold a lock at the same instant only
//! if each has one. And the kernel sees a thread wait wherever the lock is handed over.

use std::time::Duration;

use global_interpreter_lock::{COUNTINGS, VARIANTS, Work};
use testing::Experiment;

const EXPERIMENT: Experiment = Experiment::new(
    env!("CARGO_BIN_EXE_global-interpreter-lock"),
    Duration::from_secs(120),
);

/// Little work, because nothing here looks at a time.
const LITTLE: [&str; 6] = ["--roots", "20000", "--wait", "1", "--rounds", "1"];

/// Every time, with any number of workers.
#[test]
fn updates_are_lost_where_they_are_to_be_and_nowhere_else() {
    for workers in [2, 3, 8] {
        for counting in COUNTINGS.iter().flat_map(|counting| [counting; 5]) {
            let (counted, all) =
                ((counting.count)(workers, 5000).unwrap(), workers as u64 * 5000);
            assert_eq!(
                counted < all,
                counting.loses,
                "{}: {counted} of {all}",
                counting.name
            );
            assert!(
                counted >= 5000,
                "{}: {counted} are fewer than one of them made",
                counting.name
            );
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

/// CPython's locks too, if it is here. No time is asserted: each worker keeps its lock until it has seen the other hold one.
#[test]
fn two_processes_hold_their_locks_at_the_same_instant_and_two_threads_with_one_lock_never_do()
 {
    let held = |arguments: &[&str]| -> Vec<(String, f64)> {
        let outcomes = EXPERIMENT.outcomes(&[&["held"], arguments].concat());
        outcomes.into_iter().map(|told| (told.variant, told.value)).collect()
    };
    let (share_one, have_one_each) =
        ("gil-threads".to_owned(), "gil-processes".to_owned());
    for _ in 0..5 {
        assert_eq!(held(&["--variant", &share_one]), [(share_one.clone(), 1.0)]);
        assert_eq!(
            held(&["--variant", &have_one_each]),
            [(have_one_each.clone(), 2.0)]
        );
    }
    let mut python = held(&[]).split_off(2);
    // The remaining ways have no lock that two workers share.
    python.retain(|(variant, _)| {
        ["python-threads", "python-fork"].contains(&&variant[..])
    });
    match &python[..] {
        [(_, threads), (_, fork)] => assert_eq!((*threads, *fork), (1.0, 2.0)),
        [(_, fork)] => assert_eq!(*fork, 2.0, "without a lock"),
        _ => assert!(
            std::env::var_os("CI").is_none(),
            "install python3, for nothing may be left out in CI"
        ),
    }
}

#[test]
fn two_turns_never_overlap_under_the_lock() {
    let threads =
        VARIANTS.iter().find(|variant| variant.name == "gil-threads").unwrap();
    let mut all = (threads.at_once)(3, Work::Compute(2_000_000)).unwrap().concat();
    all.sort_unstable_by_key(|turn| turn.start);
    assert!(
        all.len() >= 3 && all.windows(2).all(|pair| pair[0].end <= pair[1].start),
        "{all:?}"
    );
}

/// CPython's variants too, if it is here.
#[test]
fn every_variant_is_told_of() {
    let outcomes =
        EXPERIMENT.outcomes(&[&LITTLE[..], &["--workers", "3"]].concat());
    let value = |variant: &str, metric: &str| {
        let is_it = |told: &&lab::report::Outcome| {
            told.variant == variant && told.metric == metric
        };
        outcomes.iter().find(is_it).map(|outcome| outcome.value)
    };
    let is_told = |variant: &str, metrics: &[&str]| {
        metrics.iter().all(|metric| value(variant, metric) > Some(0.0))
    };
    for variant in VARIANTS {
        assert!(
            is_told(variant.name, &["compute", "wait"]),
            "{}: {outcomes:?}",
            variant.name
        );
        assert_eq!(
            is_told(variant.name, &["late"]),
            variant.late.is_some(),
            "{}: {outcomes:?}",
            variant.name
        );
    }
    for counting in COUNTINGS {
        assert_eq!(
            is_told(counting.name, &["lost", "share-lost"]),
            counting.loses,
            "{}",
            counting.name
        );
    }
    if value("python-fork", "compute").is_none() {
        return assert!(
            std::env::var_os("CI").is_none(),
            "install python3, for nothing may be left out in CI"
        );
    }
    assert!(
        is_told("python-fork", &["compute", "wait"])
            && is_told("python-spawn", &["compute"])
    );
    assert!(
        is_told("python-threads", &["compute", "late"])
            || is_told("python-free-threads", &["compute", "late"])
    );
    assert_eq!(value("python-own-lock", "lost"), Some(0.0));
}

/// A thread that gets the lock has waited for it, and the kernel counts these waits. No time is asserted here.
#[cfg(target_os = "linux")]
#[test]
fn wherever_the_lock_is_handed_over_a_thread_has_waited() {
    let outcomes =
        EXPERIMENT.outcomes(&["switches", "--roots", "200000", "--rounds", "3"]);
    let of = |metric: &str| -> Vec<f64> {
        let told = outcomes
            .iter()
            .filter(|told| told.metric == metric && told.variant != "rust-alone");
        told.map(|told| told.value).collect()
    };
    let [hand_overs, waits, cpu] =
        ["handed-over", "waits", "cpu-of-one-thread"].map(of);
    assert!(
        outcomes
            .iter()
            .any(|told| told.variant == "rust-alone" && told.value >= 1.0),
        "{outcomes:?}"
    );
    if hand_overs.is_empty() {
        return assert!(
            std::env::var_os("CI").is_none(),
            "install python3, for nothing may be left out in CI"
        );
    }
    assert!(
        [hand_overs.len(), waits.len(), cpu.len()] == [6; 3]
            && cpu.iter().all(|times| *times > 0.0),
        "{outcomes:?}"
    );
    // The second thread has the lock at least once, after the first.
    let waited = hand_overs
        .iter()
        .zip(&waits)
        .all(|(hand_overs, waits)| *hand_overs >= 1.0 && waits >= hand_overs);
    assert!(waited, "{outcomes:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_experiment_takes_its_processes_along() {
    let long = [
        "--workers",
        "3",
        "--rounds",
        "100",
        "--roots",
        "40000000",
        "--variant",
        "gil-processes",
    ];
    EXPERIMENT.takes_its_children_along(3, &long);
}
