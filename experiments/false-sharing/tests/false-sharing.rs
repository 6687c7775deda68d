//! The experiment shows the same on any number of cores, and ends well even if its parent process is killed. No test judges a
//! time, since the cost of a shared line depends on the machine.

use std::time::Duration;

use false_sharing::{Layout, VARIANTS};
use lab::Placement;
use testing::{Experiment, spans};

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_false-sharing"), Duration::from_secs(60));

fn nothing_is_lost(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    let of = |metric: &'static str| {
        outcomes.iter().filter(move |outcome| outcome.metric == metric)
    };
    let points: usize =
        VARIANTS.iter().map(|variant| variant.distances.len()).sum();
    assert_eq!((of("lost").count(), of("cost").count()), (points, points));
    assert!(of("lost").all(|outcome| outcome.value == 0.0), "{outcomes:?}");
    assert!(of("cost").all(|outcome| outcome.value > 0.0), "{outcomes:?}");
    // Whether there is a step, and where, depends on the machine. Every run says one of the distances, or 0.
    let steps: Vec<f64> =
        of("line-size-measured").map(|outcome| outcome.value).collect();
    let known = |step: &f64| {
        VARIANTS[1].distances.iter().any(|distance| *distance as f64 == *step)
    };
    assert!(steps.len() == 2 && steps.iter().all(known), "{steps:?}");
    let reported = lab::machine::this().cache_line as f64;
    assert!(
        of("line-size-reported").all(|outcome| outcome.value == reported),
        "{outcomes:?}"
    );
}

#[test]
fn no_addition_is_lost_at_any_distance() {
    nothing_is_lost(&[]);
    nothing_is_lost(&["--workers", "5", "--rounds", "2", "--offset", "4088"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_says_that_there_is_nothing_to_see() {
    testing::on_one_core();
    nothing_is_lost(&["--rounds", "2"]);
    let text = EXPERIMENT.words(&["--rounds", "1"]);
    assert!(
        text.contains("say nothing about neighbours")
            && !text.contains("The cost drops at"),
        "{text}"
    );
    assert!(text.contains("The workers asked to run on CPU "), "{text}");
}

#[test]
fn one_worker_has_no_neighbour() {
    nothing_is_lost(&["--workers", "1", "--rounds", "2"]);
    let text = EXPERIMENT.words(&["--workers", "1", "--rounds", "1"]);
    assert!(
        text.contains("say nothing about neighbours")
            && !text.contains("The cost drops at"),
        "{text}"
    );
}

#[test]
fn a_worker_that_adds_too_little_or_elsewhere_is_told() {
    let layout =
        Layout { placement: Placement::FREE, workers: 3, distance: 8, offset: 0 };
    for variant in [VARIANTS[1], VARIANTS[3]] {
        let mut count = (variant.count)(&layout, 1000).unwrap();
        assert!(count.is_exact(&layout, 1000));
        count.counted[1] -= 1;
        assert!(!count.is_exact(&layout, 1000));
        count.counted[0] += 1; // the sum is right again
        assert!(!count.is_exact(&layout, 1000));
    }
}

/// The processes, and the worker that counts alone, have all their rounds.
#[cfg(target_os = "linux")]
#[test]
fn variants_that_the_system_refuses_are_left_out_and_the_others_are_not() {
    for rounds in ["1", "2", "3"] {
        let arguments = [
            "--json",
            "--workers",
            "64",
            "--increments",
            "100",
            "--rounds",
            rounds,
        ];
        let output = EXPERIMENT.run_with_one_thread(&arguments);
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{complaints}");
        let outcomes =
            testing::outcomes(&String::from_utf8(output.stdout).unwrap());
        for variant in VARIANTS {
            let is_refused = variant.name.ends_with("-threads");
            assert_eq!(
                complaints.matches(variant.name).count(),
                usize::from(is_refused),
                "{complaints}"
            );
            let costs = outcomes
                .iter()
                .filter(|outcome| {
                    outcome.variant == variant.name && outcome.metric == "cost"
                })
                .count();
            assert_eq!(
                costs,
                if is_refused { 0 } else { variant.distances.len() },
                "{}",
                variant.name
            );
        }
    }
}

#[test]
fn an_offset_says_where_the_next_line_begins() {
    let line = lab::machine::this().cache_line;
    let text = EXPERIMENT.words(&[
        "--variant",
        "fetch-add-threads",
        "--rounds",
        "1",
        "--offset",
        "8",
    ]);
    let expected = match line {
        0 => "doesn't report the size".to_owned(),
        line => {
            format!(
                "The next line begins {} bytes after the first counter",
                line - 8
            )
        }
    };
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn a_timeline_has_every_worker_of_every_case() {
    let timeline = EXPERIMENT.timeline(&["--workers", "3", "--rounds", "1"]);
    let rows = |variant: &false_sharing::Variant| {
        variant.distances.len() * if variant.alone { 1 } else { 3 }
    };
    assert_eq!(spans(&timeline), VARIANTS.iter().map(rows).sum::<usize>());
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    let arguments = [
        "--variant",
        "fetch-add-processes",
        "--workers",
        "3",
        "--increments",
        "100000000",
    ];
    EXPERIMENT.takes_its_children_along(3, &arguments);
}
