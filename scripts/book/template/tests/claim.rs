//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it.

use std::time::Duration;

use testing::Experiment;

use CRATE::VARIANTS;

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_SLUG"), Duration::from_secs(60));

#[test]
fn every_way_comes_to_the_same_sum() {
    // The program compares the sums itself, and fails if one differs.
    let outcomes = EXPERIMENT.outcomes(&["--roots", "1000"]);
    for variant in VARIANTS {
        let told = outcomes.iter().find(|told| told.variant == variant.name && told.metric == "elapsed");
        assert!(told.is_some_and(|told| told.value > 0.0), "{}: {outcomes:?}", variant.name);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    let arguments = ["--variant", "processes", "--workers", "3", "--roots", "100000000", "--rounds", "1000"];
    EXPERIMENT.takes_its_children_along(3, &arguments);
}
