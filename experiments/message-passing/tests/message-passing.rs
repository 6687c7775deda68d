//! Every message arrives, in order, whatever it goes through, and the experiment ends well. No test looks at a time, because
//! times depend on the machine.

use std::collections::BTreeSet;
use std::time::Duration;

use lab::Placement;
use message_passing::{ROUND_TRIPS, VARIANTS};
use testing::Experiment;

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_message-passing"), Duration::from_secs(60));

/// The placements that this machine has.
fn places() -> Vec<&'static str> {
    ["one-core", "two-cores"]
        .into_iter()
        .filter(|name| Placement::named(name).is_ok())
        .collect()
}

fn each_variant_comes_back(arguments: &[&str], places: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    let told: BTreeSet<_> = outcomes
        .iter()
        .map(|o| [&o.metric[..], &o.variant, &o.parameter])
        .collect();
    for metric in ["round-trip", "round-trip-mean", "round-trip-99th"] {
        let is_told = |place: &&str| {
            VARIANTS[..ROUND_TRIPS]
                .iter()
                .all(|variant| told.contains(&[metric, variant.name, place]))
        };
        assert!(places.iter().all(is_told), "{outcomes:?}");
    }
    assert_eq!(outcomes.len(), 3 * ROUND_TRIPS * places.len(), "{outcomes:?}");
    assert!(
        outcomes.iter().all(|outcome| outcome.value > 0.0 && outcome.unit == "ns"),
        "{outcomes:?}"
    );
}

#[test]
fn every_message_comes_back_through_every_variant() {
    each_variant_comes_back(&["--trips", "100"], &places());
    each_variant_comes_back(
        &["--trips", "16", "--size", "9", "--placement", "free"],
        &["free"],
    );
    each_variant_comes_back(
        &["--trips", "16", "--size", "200001", "--placement", "one-core"],
        &["one-core"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_says_what_is_missing_and_does_the_rest() {
    testing::on_one_core();
    each_variant_comes_back(&["--trips", "16"], &["one-core"]);
    let text = EXPERIMENT.words(&["--trips", "16"]);
    assert!(
        text.contains("Not tried on two cores: only one CPU may be used here."),
        "{text}"
    );
    assert!(
        text.contains("Spinning needs two cores") && !text.contains("Left out"),
        "{text}"
    );
    let output = EXPERIMENT.run(&["--placement", "two-cores"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("Left out: two-cores (only one CPU may be used here)"),
        "{text}"
    );
}

#[test]
fn a_stream_comes_in_every_size() {
    let outcomes = EXPERIMENT.outcomes(&["stream", "--trips", "16"]);
    let sizes: BTreeSet<&str> =
        outcomes.iter().map(|outcome| &outcome.parameter[..]).collect();
    assert_eq!(sizes, BTreeSet::from(["8", "512", "4096", "65536", "1048576"]));
    // Each of eight variants tells the time, and the seven that touch the bytes tell the throughput.
    assert_eq!(outcomes.len(), (8 + 7) * 5 * places().len(), "{outcomes:?}");
    let unit = |metric: &str| {
        if metric.starts_with("throughput-") { "bytes/s" } else { "ns" }
    };
    assert!(
        outcomes.iter().all(|o| o.value > 0.0 && o.unit == unit(&o.metric)),
        "{outcomes:?}"
    );
}

/// More bytes than any of the ways has room for, in messages of an odd size.
#[test]
fn every_variant_holds_a_sender_back_that_is_faster_than_its_receiver() {
    for variant in VARIANTS {
        let stream = [
            "stream",
            "--size",
            "100003",
            "--trips",
            "500",
            "--placement",
            "one-core",
        ];
        let outcomes = EXPERIMENT
            .outcomes(&[&stream[..], &["--variant", variant.name]].concat());
        let metrics: Vec<&str> =
            outcomes.iter().map(|outcome| &outcome.metric[..]).collect();
        assert_eq!(
            metrics,
            ["throughput-one-core", "message-one-core"]
                [usize::from(!variant.touches)..],
            "{metrics:?}"
        );
    }
}

#[test]
fn a_struct_comes_in_every_form_as_it_was() {
    let outcomes = EXPERIMENT.outcomes(&["struct", "--trips", "16"]);
    let names: Vec<&str> =
        outcomes.iter().map(|outcome| &outcome.variant[..]).collect();
    assert_eq!(
        names,
        ["pointer", "bytes", "postcard", "json"].map(|form| [form; 2]).concat()
    );
    // Two of these sizes are known: a pointer's; and that of a number, two lengths, a text of 27 bytes and 32 values.
    let bytes = |name: &str| {
        outcomes
            .iter()
            .find(|o| o.variant == name && o.metric == "encoded")
            .unwrap()
            .value
    };
    assert_eq!(
        (bytes("pointer"), bytes("bytes")),
        (size_of::<usize>() as f64, (3.0 + 32.0) * 8.0 + 27.0)
    );
}
