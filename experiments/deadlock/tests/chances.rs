//! Two threads that are made to meet deadlock at their first meal. Left alone they may deadlock, and more so within more
//! meals.

use std::time::Duration;

use testing::Experiment;

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_deadlock"), Duration::from_secs(300));

/// The share of a way's runs that have deadlocked within 1, 10, 100 … meals, in percent.
fn shares(arguments: &[&str], way: &str) -> Vec<f64> {
    let outcomes = EXPERIMENT.outcomes(&[&["chances"], arguments].concat());
    let of_way = outcomes
        .iter()
        .filter(|told| told.variant == way && told.metric == "deadlocked-within");
    of_way.map(|told| told.value).collect()
}

#[test]
fn threads_that_are_made_to_meet_deadlock_at_the_first_meal() {
    assert_eq!(shares(&["--runs", "10", "--meals", "100"], "arranged"), [100.0; 3]);
}

#[test]
fn within_more_meals_no_fewer_runs_deadlock_and_every_hang_is_noticed() {
    let arguments = ["--runs", "20", "--meals", "100000"];
    for way in ["two-cores", "one-core"] {
        let shares = shares(&arguments, way);
        assert!(
            shares.is_sorted()
                && shares.iter().all(|share| (0.0..=100.0).contains(share)),
            "{way}: {shares:?}"
        );
        assert!(shares.is_empty() || shares.len() == 6, "{way}: {shares:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_threads_that_are_made_to_meet_deadlock_too() {
    testing::on_one_core();
    assert_eq!(shares(&["--runs", "10", "--meals", "100"], "arranged"), [100.0; 3]);
}
