//! The kernel's exact counts are the same on any number of cores, what can't be had is left out in words, and no unit is left
//! behind. No test looks at how much memory the machine has left, since every program takes from it.
#![cfg(target_os = "linux")]

use std::time::Duration;

use lab::report::Outcome;
use testing::Experiment;

const EXPERIMENT: Experiment = Experiment::new(
    env!("CARGO_BIN_EXE_memory-footprint"),
    Duration::from_secs(120),
);

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * KIB;
const EACH: [&str; 3] = ["threads", "processes", "processes-exec"];

/// The one value of this metric of this variant at this parameter.
fn value(
    outcomes: &[Outcome],
    metric: &str,
    variant: &str,
    parameter: usize,
) -> f64 {
    let is_it = |outcome: &&Outcome| {
        outcome.metric == metric
            && outcome.variant == variant
            && outcome.parameter == parameter.to_string()
    };
    let found: Vec<&Outcome> = outcomes.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{metric}/{variant}/{parameter}: {found:?}");
    assert_eq!(found[0].unit, "bytes");
    found[0].value
}

fn costs_are_as_they_must_be(arguments: &[&str], threads: usize, processes: usize) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    let each = |metric: &str, variant: &str| {
        let most = if variant == "threads" { threads } else { processes };
        value(&outcomes, &format!("{metric}-each"), variant, most)
    };
    for variant in EACH {
        let parts = ["pss", "page-tables", "kernel-stack", "slab"]
            .map(|part| each(part, variant))
            .iter()
            .sum::<f64>();
        assert!((each("all", variant) - parts).abs() < 1.0, "{variant}");
        assert!(each("rss", variant) < each("virtual", variant), "{variant}");
        assert!(each("available", variant).is_finite(), "{variant}");
    }
    // Address space for a stack, of which few pages are touched.
    assert!(each("virtual", "threads") >= 8.0 * MIB);
    assert!((4.0 * KIB..64.0 * KIB).contains(&each("rss", "threads")));
    // What a process maps for itself is more than what a thread touches; and most of what it maps, it shares.
    assert!(each("pss", "processes") > each("pss", "threads"));
    assert!(each("page-tables", "processes") > each("page-tables", "threads"));
    assert!(each("rss", "processes") > 2.0 * each("pss", "processes"));
    // A program that starts anew shares nothing that it has written.
    assert!(each("pss", "processes-exec") > each("pss", "processes"));
    for variant in ["processes", "processes-exec"] {
        let at = |metric, n| value(&outcomes, metric, variant, n);
        assert!(
            at("rss", 10) > 5.0 * at("rss", 1)
                && at("pss", 10) < at("rss", 10) / 2.0,
            "{variant}"
        );
        assert!(
            at("virtual", 10) > at("rss", 10) && at("all", 10).is_finite(),
            "{variant}"
        );
    }
}

#[test]
fn costs_are_as_they_must_be_by_default_and_on_one_core() {
    costs_are_as_they_must_be(&[], 1000, 200);
    testing::on_one_core();
    costs_are_as_they_must_be(
        &["--rounds", "1", "--threads", "300", "--processes", "60"],
        300,
        60,
    );
}

#[test]
fn a_stack_is_reserved_whole_and_costs_what_was_touched() {
    for workers in ["1", "8", "16"] {
        let outcomes = EXPERIMENT.outcomes(&["stacks", "--workers", workers]);
        for size in [16, 64, 256, 1024, 8192] {
            let (bytes, stacks) =
                (size as f64 * KIB, ["stack-untouched", "stack-touched"]);
            let [untouched, touched] =
                stacks.map(|variant| value(&outcomes, "resident", variant, size));
            assert!(stacks.iter().all(|variant| value(
                &outcomes, "reserved", variant, size
            ) >= bytes));
            assert!(untouched < 256.0 * KIB, "{size}: {untouched}");
            assert!(
                touched >= 0.95 * (bytes - 8.0 * KIB)
                    && touched < bytes + 256.0 * KIB,
                "{size}: {touched}"
            );
        }
    }
    let small = EXPERIMENT.outcomes(&[
        "--variant",
        "threads",
        "--stack",
        "64",
        "--threads",
        "200",
        "--rounds",
        "1",
    ]);
    assert!((64.0 * KIB..MIB).contains(&value(
        &small,
        "virtual-each",
        "threads",
        200
    )));
}

#[test]
fn what_the_kernel_counts_in_batches_is_not_told_of_few() {
    for [threads, processes] in [["49", "3"], ["1", "1"]] {
        let few = ["--threads", threads, "--processes", processes, "--rounds", "1"];
        let outcomes = EXPERIMENT.outcomes(&few);
        let in_batches = ["kernel-stack-each", "slab-each", "all-each", "all"];
        assert!(
            !outcomes
                .iter()
                .any(|outcome| in_batches.contains(&&outcome.metric[..])),
            "{outcomes:?}"
        );
        assert!(
            value(
                &outcomes,
                "page-tables-each",
                "processes",
                processes.parse().unwrap()
            ) > 0.0
        );
        assert!(
            EXPERIMENT
                .words(&few)
                .contains("A dash: with fewer than 50 threads or processes")
        );
    }
}

/// Without addresses for the stacks, there are no threads; and each process takes a descriptor.
#[test]
fn what_is_refused_is_left_out_in_words_and_the_rest_is_measured() {
    for (limit, says, refused, most) in [
        (
            "ulimit -v 524288",
            &["threads (1000 threads may reserve", "ulimit -v"][..],
            &EACH[..1],
            ("processes", 200),
        ),
        (
            "ulimit -n 24",
            &["processes", "processes-exec", " of 200 could be started: "],
            &EACH[1..],
            ("threads", 1000),
        ),
    ] {
        let script = format!("{limit} && exec \"$0\" --json --rounds 1");
        let program = env!("CARGO_BIN_EXE_memory-footprint");
        let output = EXPERIMENT.output(
            std::process::Command::new("sh").args(["-c", &script, program]),
        );
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), said.lines().count()),
            (Some(1), 1),
            "{said}"
        );
        assert!(says.iter().all(|what| said.contains(what)), "{said}");
        let outcomes =
            testing::outcomes(&String::from_utf8(output.stdout).unwrap());
        assert!(
            !outcomes.iter().any(|outcome| refused.contains(&&outcome.variant[..]))
        );
        assert!(value(&outcomes, "pss-each", most.0, most.1) > 0.0);
    }
}

/// The process that holds the units, and twenty of them.
#[test]
fn a_killed_parent_takes_all_units_along() {
    for variant in ["processes", "processes-exec"] {
        EXPERIMENT.takes_its_children_along(
            21,
            &["--variant", variant, "--rounds", "100"],
        );
    }
}
