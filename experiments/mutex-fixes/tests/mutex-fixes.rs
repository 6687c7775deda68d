//! The experiment shows the same on any number of cores, and ends well even if its parent process is killed.

use std::time::Duration;

use lab::report::Outcome;
use mutex_fixes::held::LOCKS;
use mutex_fixes::{Section, VARIANTS};
use testing::Experiment;

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_mutex-fixes"), Duration::from_secs(300));

fn value(
    outcomes: &[Outcome],
    metric: &str,
    variant: &str,
    parameter: &str,
) -> f64 {
    let is_it = |o: &&Outcome| {
        (&o.metric[..], &o.variant[..], &o.parameter[..])
            == (metric, variant, parameter)
    };
    outcomes
        .iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("{metric}/{variant}/{parameter} in {outcomes:?}"))
        .value
}

/// Looks at the exit code and at the numbers, with each section.
fn nothing_is_lost(workers: &str) {
    for (section, increments) in
        [("short", "20000"), ("long", "2000"), ("yielding", "100")]
    {
        let outcomes = EXPERIMENT.outcomes(&[
            "--section",
            section,
            "--workers",
            workers,
            "--increments",
            increments,
        ]);
        let lost: Vec<f64> = outcomes
            .iter()
            .filter(|told| told.metric == "lost")
            .map(|told| told.value)
            .collect();
        assert_eq!(
            lost,
            [0.0; VARIANTS.len()],
            "{section}, with {workers} workers"
        );
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
fn every_lock_goes_from_worker_to_worker_and_its_turns_add_up() {
    let turns = EXPERIMENT.outcomes(&[
        "turns",
        "--workers",
        "3",
        "--increments",
        "1000",
        "--rounds",
        "3",
    ]);
    for lock in LOCKS {
        // Each of the three workers has the lock at least once, and each addition is part of a turn.
        let turn = |third| value(&turns, "turn", lock.name, third);
        assert!(
            1.0 <= turn("shortest") && turn("shortest") <= turn("longest"),
            "{}",
            lock.name
        );
        assert!(turn("longest") <= 1000.0, "{}", lock.name);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn our_own_lock_loses_nothing_and_calls_the_kernel_only_if_somebody_waits() {
    let hold = LOCKS.iter().find(|lock| lock.name == "futex-threads").unwrap().hold;
    for workers in [2, 3, 8] {
        for _ in 0..20 {
            let held = hold(workers, 50, Section::Yielding).unwrap();
            assert_eq!(held.counted, 50 * workers as u64);
        }
    }
    assert_eq!(hold(1, 1000, Section::Yielding).unwrap().calls, Some(0));
}

/// strace has to be there in CI, and to be allowed to trace. Elsewhere this says what it left out.
#[cfg(target_os = "linux")]
#[test]
fn a_lock_calls_the_kernel_when_somebody_waits_and_never_when_nobody_does() {
    let counted = EXPERIMENT.outcomes(&[
        "system-calls",
        "--workers",
        "3",
        "--increments",
        "1000",
    ]);
    if counted.is_empty() {
        assert!(
            std::env::var_os("CI").is_none(),
            "no strace can trace here; nothing may be left out in CI"
        );
        assert!(
            EXPERIMENT
                .text(&["system-calls"])
                .starts_with("Left out: the count of system calls (")
        );
        return;
    }
    for variant in VARIANTS {
        let calls = |workers| {
            value(
                &counted,
                "futex-calls",
                &format!("{}-yielding", variant.name),
                workers,
            )
        };
        match variant.name {
            // The owner of the counter is one more thread, and the workers and the owner wait for each other.
            "channel-threads" => assert!(calls("3") > 0.0),
            // A pool wakes its few threads.
            "rayon-threads" => assert!(calls("1") < 100.0, "{} calls", calls("1")),
            name => {
                assert_eq!(calls("1"), 0.0, "{name}, nobody waits");
                assert_eq!(
                    calls("3") > 0.0,
                    variant.locks,
                    "{name} made {} calls",
                    calls("3")
                );
            }
        }
    }
}

/// The exit code says whether the next owner met what it must.
#[test]
fn the_next_owner_is_told_by_all_locks_but_two() {
    for _ in 0..20 {
        let text = EXPERIMENT.words(&["poisoning"]);
        assert_eq!(text.matches("90 + 0 90 + 10 is told").count(), 3, "{text}");
        assert!(
            text.contains("parking-lot-threads panics 90 + 0 90 + 10 isn't told"),
            "{text}"
        );
        assert!(
            text.contains("plain-mutex-processes is killed – – never gets in"),
            "{text}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    // Three workers that wait for one lock, with the long section inside, take seconds.
    let arguments = [
        "--variant",
        "robust-mutex-processes",
        "--workers",
        "3",
        "--increments",
        "10000000",
    ];
    EXPERIMENT.takes_its_children_along(
        3,
        &[&arguments[..], &["--section", "long"]].concat(),
    );
}
