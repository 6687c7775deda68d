//! Every message comes, in order, whatever it goes through; and the experiment ends well, whatever is done to it. No test looks
//! at a time: what a round trip costs is the machine's affair.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use lab::Placement;
use message_passing::VARIANTS;
use testing::Experiment;

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_message-passing"), Duration::from_secs(60));

/// The placements that this machine has.
fn places() -> Vec<&'static str> {
    ["one-core", "two-cores"].into_iter().filter(|name| Placement::named(name).is_ok()).collect()
}

fn each_variant_comes_back(arguments: &[&str], places: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    let told: BTreeSet<_> = outcomes.iter().map(|o| [&o.metric[..], &o.variant, &o.parameter]).collect();
    for metric in ["round-trip", "round-trip-mean", "round-trip-99th"] {
        let is_told = |place: &&str| VARIANTS.iter().all(|variant| told.contains(&[metric, variant.name, place]));
        assert!(places.iter().all(is_told), "{outcomes:?}");
    }
    assert_eq!(outcomes.len(), 3 * VARIANTS.len() * places.len(), "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| outcome.value > 0.0 && outcome.unit == "ns"), "{outcomes:?}");
}

#[test]
fn every_message_comes_back_through_every_variant() {
    each_variant_comes_back(&["--trips", "100"], &places());
    each_variant_comes_back(&["--trips", "16", "--size", "9", "--placement", "free"], &["free"]);
    each_variant_comes_back(&["--trips", "16", "--size", "200001", "--placement", "one-core"], &["one-core"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_says_what_is_missing_and_does_the_rest() {
    testing::on_one_core();
    each_variant_comes_back(&["--trips", "16"], &["one-core"]);
    let text = EXPERIMENT.words(&["--trips", "16"]);
    assert!(text.contains("Not tried on two cores: only one CPU may be used here."), "{text}");
    assert!(text.contains("Spinning needs two cores") && !text.contains("Left out"), "{text}");
    let output = EXPERIMENT.run(&["--placement", "two-cores"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("Left out: two-cores (only one CPU may be used here)"), "{text}");
}

#[test]
fn a_stream_comes_in_every_size() {
    let outcomes = EXPERIMENT.outcomes(&["stream", "--trips", "16"]);
    let sizes: BTreeSet<&str> = outcomes.iter().map(|outcome| &outcome.parameter[..]).collect();
    assert_eq!(sizes, BTreeSet::from(["8", "64", "512", "4096", "65536", "1048576"]));
    // Of five variants each tells the time, and those that copy tell the throughput.
    assert_eq!(outcomes.len(), (5 + 4) * 6 * places().len(), "{outcomes:?}");
    let unit = |metric: &str| if metric.starts_with("throughput-") { "bytes/s" } else { "ns" };
    assert!(outcomes.iter().all(|o| o.value > 0.0 && o.unit == unit(&o.metric)), "{outcomes:?}");
}

/// More bytes than any of the ways has room for, in messages whose size is no multiple of anything.
#[test]
fn every_variant_holds_a_sender_back_that_is_faster_than_its_receiver() {
    for variant in VARIANTS {
        let stream = ["stream", "--size", "100003", "--trips", "500", "--placement", "one-core"];
        let outcomes = EXPERIMENT.outcomes(&[&stream[..], &["--variant", variant.name]].concat());
        let metrics: Vec<&str> = outcomes.iter().map(|outcome| &outcome.metric[..]).collect();
        assert_eq!(metrics, ["throughput-one-core", "message-one-core"][usize::from(!variant.copies)..], "{metrics:?}");
    }
}

#[test]
fn a_struct_comes_in_every_form_as_it_was() {
    let outcomes = EXPERIMENT.outcomes(&["struct", "--trips", "16"]);
    let names: Vec<&str> = outcomes.iter().map(|outcome| &outcome.variant[..]).collect();
    assert_eq!(names, ["pointer", "bytes", "postcard", "json"].map(|form| [form; 2]).concat());
    // Two of these are known: a pointer, and a number, two lengths, a text of 27 bytes and 32 values.
    let bytes = |name: &str| outcomes.iter().find(|o| o.variant == name && o.metric == "encoded").unwrap().value;
    assert_eq!((bytes("pointer"), bytes("bytes")), (size_of::<usize>() as f64, (3.0 + 32.0) * 8.0 + 27.0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    for variant in ["pipe-processes", "futex-processes"] {
        EXPERIMENT
            .takes_its_children_along(2, &["--variant", variant, "--placement", "one-core", "--trips", "1000000"]);
    }
}

/// Whoever waits for a worker that was killed waits in vain: the experiment says so, and ends at once.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_worker_ends_the_run_and_is_told() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::process::Stdio;
    for variant in VARIANTS.iter().filter(|variant| variant.name.ends_with("-processes")) {
        // On one core a large message takes a spinning sender many time slices.
        let long: &[&str] = if variant.spins { &["stream", "--size", "1048576"] } else { &["--trips", "1000000"] };
        let arguments = [long, &["--variant", variant.name, "--placement", "one-core"]].concat();
        for victim in [0, 1] {
            let mut command = EXPERIMENT.command(&arguments);
            let parent = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let children = format!("/proc/{0}/task/{0}/children", parent.id());
            let began = Instant::now();
            let victim = loop {
                let children = std::fs::read_to_string(&children).unwrap();
                if let [first, second] = children.split_whitespace().collect::<Vec<_>>()[..] {
                    break [first, second][victim].parse().unwrap();
                }
                assert!(began.elapsed() < Duration::from_secs(60), "no workers: {children}");
            };
            kill_process(Pid::from_raw(victim).unwrap(), Signal::KILL).unwrap();
            let output = parent.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let said = format!("Left out: {} (a child process was killed by signal 9)", variant.name);
            assert!(output.status.code() == Some(1) && text.replace('\n', " ").contains(&said), "{said}: {text}");
            assert!(output.stderr.is_empty(), "{:?}", output.stderr);
        }
    }
}
