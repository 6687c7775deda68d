//! The experiment shows the same on any number of cores, and ends well even if its parent process is killed.

use std::time::Duration;

use lab::report::Outcome;
use shared_counter::VARIANTS;
use testing::{Experiment, spans};

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_shared-counter"), Duration::from_secs(60));

fn lost(outcomes: &[Outcome], variant: &str) -> f64 {
    outcomes
        .iter()
        .find(|outcome| outcome.variant == variant && outcome.metric == "lost")
        .unwrap()
        .value
}

fn broken_lose_and_others_do_not(arguments: &[&str]) {
    for _ in 0..10 {
        let outcomes = EXPERIMENT.outcomes(arguments);
        for variant in VARIANTS {
            let lost = lost(&outcomes, variant.name);
            let workers: f64 = outcomes[0].parameter.parse().unwrap();
            // Only one of the workers' first additions can count, since all of them have loaded the same 0.
            let expected =
                if variant.loses { lost >= workers - 1.0 } else { lost == 0.0 };
            assert!(expected, "{} lost {lost}", variant.name);
        }
    }
}

#[test]
fn broken_variants_lose_updates_every_time_and_the_others_never_do() {
    broken_lose_and_others_do_not(&[]);
}

#[test]
fn more_workers_than_cores_lose_updates_too() {
    broken_lose_and_others_do_not(&["--workers", "8"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    broken_lose_and_others_do_not(&[]);
    broken_lose_and_others_do_not(&["--workers", "5"]);
}

#[test]
fn one_worker_loses_nothing() {
    let outcomes = EXPERIMENT.outcomes(&["--workers", "1"]);
    assert!(
        VARIANTS.iter().all(|variant| lost(&outcomes, variant.name) == 0.0),
        "{outcomes:?}"
    );
}

#[test]
fn a_timeline_has_every_worker_of_every_variant() {
    let timeline = EXPERIMENT.timeline(&["--workers", "3"]);
    assert_eq!(spans(&timeline), 3 * VARIANTS.len());
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    let arguments = [
        "--variant",
        "load-then-store-processes",
        "--workers",
        "3",
        "--increments",
        "100000000",
    ];
    EXPERIMENT.takes_its_children_along(3, &arguments);
}
