//! The experiment shows the same on any number of cores, and ends well even if it is refused files or killed. No test looks at
//! how long anything takes.

use std::collections::BTreeSet;
use std::time::Duration;

use cpu_vs_io::VARIANTS;
use lab::report::Outcome;
use testing::Experiment;

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_cpu-vs-io"), Duration::from_secs(120));

/// The values of a metric of a variant, with their parameters.
fn of<'a>(
    outcomes: &'a [Outcome],
    metric: &str,
    variant: &str,
) -> Vec<(&'a str, f64)> {
    let of = outcomes
        .iter()
        .filter(|outcome| outcome.variant == variant && outcome.metric == metric);
    of.map(|outcome| (&outcome.parameter[..], outcome.value)).collect()
}

/// Every variant does every kind of work, and each task once: the program compares the sums and exits with 1 if they differ.
fn every_way_does_all_of_it(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(&[&["--rounds", "1"], arguments].concat());
    for (metric, works) in [("time", 3), ("cpu", 3), ("speed-up", 3), ("unread", 2)]
    {
        let of: Vec<_> =
            outcomes.iter().filter(|outcome| outcome.metric == metric).collect();
        let points: BTreeSet<_> = of
            .iter()
            .map(|outcome| (&outcome.variant, &outcome.parameter))
            .collect();
        assert_eq!(
            (of.len(), points.len()),
            (works * VARIANTS.len(), works * VARIANTS.len()),
            "{metric}"
        );
        assert!(of.iter().all(|outcome| outcome.value >= 0.0), "{of:?}");
    }
}

/// Four workers on at most two CPUs: all are under way at the same time, and the kernel stops each of them, more than once.
fn four_workers_take_turns() {
    let outcomes = EXPERIMENT.outcomes(&["turns"]);
    for variant in ["threads", "processes"] {
        assert_eq!(of(&outcomes, "under-way", variant), [("4", 4.0)]);
        assert!(
            of(&outcomes, "fewest-stops", variant)[0].1 > 1.0,
            "{variant}: {outcomes:?}"
        );
    }
}

#[test]
fn all_ways_agree() {
    every_way_does_all_of_it(&[]);
    every_way_does_all_of_it(&["--workers", "5", "--requests", "3"]);
    every_way_does_all_of_it(&["--workers", "1", "--requests", "1"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_they_agree_too_and_workers_take_turns() {
    testing::on_one_core();
    every_way_does_all_of_it(&["--requests", "4"]);
    four_workers_take_turns();
}

#[test]
fn workers_that_share_cpus_take_turns() {
    four_workers_take_turns();
}

#[test]
fn over_the_number_of_workers_each_has_a_speed_up_and_the_ideal_is_computed() {
    for work in ["roots", "rows"] {
        let outcomes = EXPERIMENT.outcomes(&[
            "workers",
            "--work",
            work,
            "--workers",
            "1",
            "--rounds",
            "1",
        ]);
        let speed_ups =
            |variant: &str| of(&outcomes, &format!("{work}-speed-up"), variant);
        for variant in ["threads", "processes", "programs", "rayon-workers"] {
            let counts: Vec<&str> =
                speed_ups(variant).iter().map(|(workers, _)| *workers).collect();
            assert_eq!(counts, ["1", "2", "4"], "{variant}");
        }
        let cpus = lab::machine::usable_cpus() as f64;
        assert_eq!(
            speed_ups("ideal"),
            [("1", 1.0), ("2", cpus.min(2.0)), ("4", cpus.min(4.0))]
        );
        assert_eq!(speed_ups("serial"), [("1", 1.0)]);
    }
}

/// Rayon's variant can be chosen by the name that the table shows, and by its short name.
#[test]
fn a_variant_can_be_chosen_by_the_name_that_is_shown() {
    for name in ["rayon-workers", "rayon"] {
        let arguments =
            format!("workers --work rows --workers 1 --rounds 1 --variant {name}");
        let outcomes =
            EXPERIMENT.outcomes(&arguments.split(' ').collect::<Vec<_>>());
        assert_eq!(of(&outcomes, "rows-time", "rayon-workers").len(), 3, "{name}");
    }
}

#[test]
fn requests_wait_all_at_once_and_what_was_not_waited_for_is_computed() {
    let outcomes =
        EXPERIMENT.outcomes(&["waits", "--requests", "60", "--rounds", "1"]);
    for variant in ["threads", "processes", "async", "async-threads"] {
        let counts: Vec<&str> = of(&outcomes, "wait", variant)
            .iter()
            .map(|(requests, _)| *requests)
            .collect();
        assert_eq!(counts, ["1", "10", "50", "60"], "{variant}");
        // We looked at the memory when the server had all of these requests and had answered none.
        assert_eq!(of(&outcomes, "memory-each", variant).len(), 1, "{variant}");
    }
    let single = of(&outcomes, "wait", "serial")[0].1;
    assert_eq!(
        of(&outcomes, "wait", "serial-computed"),
        [("50", 50.0 * single), ("60", 60.0 * single)]
    );
}

#[test]
fn a_single_request_can_be_all_that_waits() {
    let outcomes =
        EXPERIMENT.outcomes(&["waits", "--requests", "1", "--rounds", "1"]);
    assert!(
        outcomes.iter().all(|outcome| outcome.parameter == "1"),
        "{outcomes:?}"
    );
}

/// With so few descriptors, a hundred requests can't wait at once, and are left out in words. One after the other still works.
#[cfg(target_os = "linux")]
#[test]
fn waiters_that_have_no_descriptors_are_left_out() {
    let mut command = std::process::Command::new("sh");
    command.args([
        "-c",
        "ulimit -n 64 && exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_cpu-vs-io"),
    ]);
    let output = EXPERIMENT.output(command.args([
        "waits",
        "--requests",
        "100",
        "--rounds",
        "1",
    ]));
    let words = String::from_utf8(output.stdout)
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(output.status.code(), Some(1), "{words}");
    for variant in ["threads", "processes", "async"] {
        assert!(words.contains(&format!("{variant} with 100 requests")), "{words}");
    }
    assert!(
        words.contains("(this process may open 64 files; raise `ulimit -n`)")
            && words.contains("serial 1 thread 50 "),
        "{words}"
    );
}

/// The server is the child that is there from the beginning to the end.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_server_along() {
    EXPERIMENT.takes_its_children_along(
        1,
        &["--variant", "async", "--requests", "1000", "--rounds", "100"],
    );
}
