//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it. No test looks at how long
//! anything takes.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use cpu_vs_io::VARIANTS;
use testing::{Experiment, refusal, spans};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_cpu-vs-io"), Duration::from_secs(120));

/// Every variant does every kind of work, and each task once: the program compares the sums and exits with 1 if they differ.
fn every_way_does_all_of_it(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(&[&["--rounds", "1"], arguments].concat());
    for metric in ["time", "cpu", "gave-way", "was-stopped", "speed-up"] {
        let of: Vec<_> = outcomes.iter().filter(|outcome| outcome.metric == metric).collect();
        let points: BTreeSet<_> = of.iter().map(|outcome| (&outcome.variant, &outcome.parameter)).collect();
        assert_eq!((of.len(), points.len()), (3 * VARIANTS.len(), 3 * VARIANTS.len()), "{metric}");
        assert!(of.iter().all(|outcome| outcome.value.is_finite() && outcome.value >= 0.0), "{of:?}");
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

/// Four workers on at most two CPUs: all are under way at the same time, and the kernel stops each of them, more than once.
fn four_workers_take_turns() {
    let outcomes = EXPERIMENT.outcomes(&["--measure", "turns"]);
    for variant in ["threads", "processes"] {
        let of = |metric: &str| {
            let mut found =
                outcomes.iter().filter(|o| o.variant == variant && o.metric == metric && o.parameter == "4");
            found.next().map(|outcome| outcome.value)
        };
        assert_eq!(of("under-way"), Some(4.0), "{variant}: {outcomes:?}");
        assert!(of("fewest-stops").is_some_and(|stops| stops > 1.0), "{variant}: {outcomes:?}");
    }
}

#[test]
fn workers_that_share_cpus_take_turns() {
    four_workers_take_turns();
}

#[test]
fn over_the_number_of_workers_each_has_a_speed_up_and_the_ideal_is_computed() {
    for work in ["roots", "rows"] {
        let outcomes =
            EXPERIMENT.outcomes(&["--measure", "workers", "--work", work, "--workers", "1", "--rounds", "1"]);
        let metric = format!("{work}-speed-up");
        let points = |variant: &str| -> Vec<(&str, f64)> {
            let of = outcomes.iter().filter(|outcome| outcome.variant == variant && outcome.metric == metric);
            of.map(|outcome| (&outcome.parameter[..], outcome.value)).collect()
        };
        for variant in ["threads", "processes", "programs", "rayon"] {
            let counts: Vec<&str> = points(variant).iter().map(|(workers, _)| *workers).collect();
            assert_eq!(counts, ["1", "2", "4"], "{variant}");
        }
        let cpus = lab::machine::usable_cpus() as f64;
        assert_eq!(points("ideal"), [("1", 1.0), ("2", cpus.min(2.0)), ("4", cpus.min(4.0))]);
        assert_eq!(points("serial"), [("1", 1.0)]);
    }
}

#[test]
fn requests_wait_all_at_once_and_what_nobody_waited_for_is_computed() {
    let outcomes = EXPERIMENT.outcomes(&["--measure", "waits", "--requests", "60", "--rounds", "1"]);
    let of = |metric: &str, variant: &str| -> Vec<(&str, f64)> {
        let of = outcomes.iter().filter(|outcome| outcome.variant == variant && outcome.metric == metric);
        of.map(|outcome| (&outcome.parameter[..], outcome.value)).collect()
    };
    for variant in ["threads", "processes", "async"] {
        let counts: Vec<&str> = of("wait", variant).iter().map(|(requests, _)| *requests).collect();
        assert_eq!(counts, ["1", "10", "50", "60"], "{variant}");
        // Memory was looked at when the server had all of these requests and had answered none.
        assert_eq!(of("memory-each", variant).len(), 1, "{variant}");
    }
    let single = of("wait", "serial")[0].1;
    assert_eq!(of("wait", "serial-computed"), [("50", 50.0 * single), ("60", 60.0 * single)]);
}

#[test]
fn a_single_request_can_be_all_that_waits() {
    let outcomes = EXPERIMENT.outcomes(&["--measure", "waits", "--requests", "1", "--rounds", "1"]);
    assert!(outcomes.iter().all(|outcome| outcome.parameter == "1"), "{outcomes:?}");
}

#[test]
fn one_variant_is_run_beside_serial_alone() {
    for variant in VARIANTS {
        let outcomes = EXPERIMENT.outcomes(&["--variant", variant.name, "--requests", "2", "--rounds", "1"]);
        let names: BTreeSet<&str> = outcomes.iter().map(|outcome| &outcome.variant[..]).collect();
        assert_eq!(names, BTreeSet::from(["serial", variant.name]));
    }
}

#[test]
fn a_port_that_is_taken_is_refused_and_named() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for measure in ["ways", "waits"] {
        let said = refusal(EXPERIMENT.run(&["--measure", measure, "--port", &port]));
        assert!(said.contains(&format!("port {port}")) && said.contains("--port"), "{said}");
    }
}

#[test]
fn a_server_can_be_given_its_port() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port().to_string();
    every_way_does_all_of_it(&["--port", &free, "--requests", "2"]);
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    for (flag, value) in [
        ("--requests", "0"),
        ("--requests", "1001"),
        ("--rounds", "0"),
        ("--port", "65536"),
        ("--port", "-1"),
        ("--measure", "all"),
        ("--work", "sleep"),
    ] {
        let said = refusal(EXPERIMENT.run(&[flag, value]));
        assert!(said.contains(flag) && said.contains(value), "{said}");
    }
}

#[test]
fn what_a_measurement_would_ignore_is_refused() {
    for (arguments, says) in [
        (["--measure", "turns", "--variant", "async"], "has only threads, processes"),
        (["--measure", "workers", "--variant", "async"], "has only serial, threads, processes, programs, rayon"),
        (["--measure", "waits", "--variant", "rayon"], "has only serial, threads, processes, async"),
        (["--measure", "ways", "--work", "roots"], "--work goes with --measure workers"),
        (["--measure", "turns", "--requests", "5"], "--requests goes with --measure ways or waits"),
        (["--measure", "workers", "--port", "5000"], "--port goes with --measure ways or waits"),
    ] {
        let said = refusal(EXPERIMENT.run(&arguments));
        assert!(said.contains(says), "{said}");
    }
}

/// With so few descriptors, a hundred waiters in one process have no room, and are left out in words; one after the other goes on.
#[cfg(target_os = "linux")]
#[test]
fn waiters_that_have_no_descriptors_are_left_out() {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 64 && exec \"$@\"", "sh", env!("CARGO_BIN_EXE_cpu-vs-io")]);
    command.args(["--measure", "waits", "--requests", "100", "--rounds", "1"]);
    let output = EXPERIMENT.output(&mut command);
    let words = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(1), "{words}");
    for variant in ["threads", "processes", "async"] {
        assert!(words.contains(&format!("{variant} with 100 requests")), "{words}");
    }
    assert!(words.contains("(this process may open 64 files)"), "{words}");
    assert!(words.contains("serial 50 "), "{words}");
}

#[test]
fn a_timeline_has_four_workers_of_each_kind() {
    let timeline = EXPERIMENT.timeline(&["--measure", "turns"]);
    let named: Vec<_> = timeline.iter().filter(|event| event["name"] == "thread_name").collect();
    assert!(named.len() == 8 && spans(&timeline) > 8, "{timeline:?}");
}

#[test]
fn for_people_it_ends_in_words() {
    let text = EXPERIMENT.words(&["--rounds", "1"]);
    assert!(VARIANTS.iter().all(|variant| text.contains(variant.name)), "{text}");
    assert!(text.contains("Waits overlap") && text.ends_with('.'), "{text}");
}

#[test]
fn help_has_examples() {
    let text = EXPERIMENT.words(&["--help"]);
    assert!(text.contains("cargo run -p cpu-vs-io") && text.contains("--requests"), "{text}");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&["--rounds", "1", "--requests", "2"]);
}

/// The server is the child that is there from the beginning to the end.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_server_along() {
    EXPERIMENT.takes_its_children_along(1, &["--variant", "async", "--requests", "1000", "--rounds", "100"]);
}
