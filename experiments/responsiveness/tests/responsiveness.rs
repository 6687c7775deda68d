//! The experiment shows the same on any number of cores, and ends well even if it is refused threads or killed. No test expects
//! a tick to be in time, because a busy machine may not keep that. That a job of 50 ms makes ticks late is arithmetic.

use std::time::Duration;

use lab::report::Outcome;
use responsiveness::VARIANTS;
use testing::{Experiment, spans};

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_responsiveness"), Duration::from_secs(60));

/// As many ticks as two jobs last.
const BRIEF: [&str; 2] = ["--ticks", "6"];

/// What a job takes by default, and the time between two ticks, in nanoseconds.
const JOB: f64 = 50e6;
const FRAME: f64 = 1e9 / 60.0;

fn value(outcomes: &[Outcome], metric: &str) -> f64 {
    outcomes
        .iter()
        .find(|of| of.metric == metric)
        .unwrap_or_else(|| panic!("no {metric} in {outcomes:?}"))
        .value
}

/// The outcomes of the ways' rows, without the curves, the length of a frame, and the kernel's tick.
fn of_the_ways(arguments: &[&str]) -> Vec<Outcome> {
    let mut outcomes = EXPERIMENT.outcomes(arguments);
    outcomes.retain(|outcome| !["late", "length"].contains(&&*outcome.metric));
    outcomes
}

fn it_shows_all(arguments: &[&str]) {
    let outcomes = of_the_ways(&[&BRIEF, arguments].concat());
    let points: usize = VARIANTS.iter().map(|variant| variant.crowds.len()).sum();
    assert_eq!(outcomes.len(), 4 * points, "{outcomes:?}");
    for way in outcomes.chunks(4) {
        let [median, p95, worst, missed] =
            ["median", "p95", "worst", "missed"].map(|metric| value(way, metric));
        assert!(0.0 < median && median <= p95 && p95 <= worst, "{way:?}");
        assert!((0.0..=100.0).contains(&missed), "{way:?}");
        assert_eq!(missed > 0.0, worst >= FRAME.floor(), "{way:?}");
    }
}

#[test]
fn every_way_meets_all_its_ticks() {
    it_shows_all(&[]);
    it_shows_all(&["--workers", "3"]);
}

#[test]
fn a_curve_has_the_numbers_of_its_row() {
    let outcomes =
        EXPERIMENT.outcomes(&[&BRIEF[..], &["--variant", "gil"]].concat());
    let late = |variant: &str, rank: &str| {
        let is_it = |of: &&Outcome| {
            of.metric == "late" && of.variant == variant && of.parameter == rank
        };
        let mut found = outcomes.iter().filter(is_it);
        let value = found
            .next()
            .unwrap_or_else(|| panic!("no {variant}/{rank} in {outcomes:?}"))
            .value;
        assert!(found.next().is_none(), "{outcomes:?}");
        value
    };
    for (name, row) in ["gil", "gil-2", "gil-4"].into_iter().zip(outcomes.chunks(4))
    {
        let row = ["median", "p95", "worst"].map(|metric| value(row, metric));
        assert_eq!(["50", "95", "100"].map(|rank| late(name, rank)), row);
    }
    assert!(
        ["50", "75", "90", "95", "100"]
            .iter()
            .all(|rank| late("frame", rank) == FRAME.floor())
    );
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_says_that_there_is_none_to_spare() {
    testing::on_one_core();
    it_shows_all(&[]);
    let text = EXPERIMENT.words(&[&BRIEF[..], &["--variant", "thread"]].concat());
    assert!(text.contains("There is no core to spare"), "{text}");
}

/// The first tick is due a frame after the start, and is met at the end of a job.
#[test]
fn a_whole_job_without_a_look_at_the_clock_makes_ticks_late() {
    for variant in ["same-thread", "async-blocked"] {
        let outcomes =
            EXPERIMENT.outcomes(&[&BRIEF[..], &["--variant", variant]].concat());
        assert!(value(&outcomes, "worst") >= JOB - FRAME - 1.0, "{outcomes:?}");
        let longer = EXPERIMENT.outcomes(
            &[&BRIEF[..], &["--job", "80", "--variant", variant]].concat(),
        );
        assert!(value(&longer, "worst") >= 80e6 - FRAME - 1.0, "{longer:?}");
    }
}

#[test]
fn the_lock_is_tried_by_one_two_and_four() {
    let outcomes = of_the_ways(&[&BRIEF[..], &["--variant", "gil"]].concat());
    let workers: Vec<&str> =
        outcomes.iter().step_by(4).map(|outcome| &*outcome.parameter).collect();
    assert_eq!(workers, ["1", "2", "4"]);
}

#[test]
fn a_timeline_has_all_ticks_and_what_they_waited_for() {
    let timeline = EXPERIMENT.timeline(&["--ticks", "6", "--variant", "thread"]);
    assert_eq!(spans(&timeline), 6 + 1);
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_system_refuses_is_left_out_and_the_rest_is_done() {
    let output = EXPERIMENT.run_with_one_thread(&[
        "--json",
        "--ticks",
        "2",
        "--workers",
        "2",
    ]);
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{complaints}");
    assert!(
        complaints.contains("left out: ") && complaints.contains("gil"),
        "{complaints}"
    );
    let outcomes = testing::outcomes(&String::from_utf8(output.stdout).unwrap());
    let of = |name: &str| {
        outcomes
            .iter()
            .filter(|outcome| outcome.variant == name && outcome.metric == "worst")
            .count()
    };
    assert_eq!((of("idle"), of("gil")), (1, 0), "{outcomes:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    EXPERIMENT.takes_its_children_along(
        3,
        &["--variant", "process", "--workers", "3", "--ticks", "6000"],
    );
}
