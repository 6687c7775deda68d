//! The program: what it prints, and how it ends.

use std::time::Duration;

use interleavings::VARIANTS;
use lab::report::Outcome;
use testing::{Experiment, refusal, spans};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_interleavings"), Duration::from_secs(60));

fn value(outcomes: &[Outcome], variant: &str, metric: &str) -> f64 {
    outcomes.iter().find(|outcome| outcome.variant == variant && outcome.metric == metric).unwrap().value
}

#[test]
fn it_gives_every_known_answer() {
    for workers in ["2", "3", "4"] {
        for times in ["1", "2"] {
            let outcomes = EXPERIMENT.outcomes(&["--workers", workers, "--times", times]);
            assert!(outcomes.iter().all(|outcome| outcome.parameter == workers));
            let all = workers.parse::<f64>().unwrap() * times.parse::<f64>().unwrap();
            for variant in VARIANTS {
                let of = |metric| value(&outcomes, variant.name, metric);
                assert_eq!(of("highest"), all, "{}", variant.name);
                let lost = variant.name == "load-add-store";
                assert_eq!(of("lowest"), if lost { times.parse().unwrap() } else { all }, "{}", variant.name);
                assert_eq!(of("ends") > 1.0, lost, "{}", variant.name);
                assert_eq!(of("deadlocks") > 0.0, variant.name == "opposite-order", "{}", variant.name);
                assert_eq!(of("interleavings") == of("right"), of("share-wrong") == 0.0, "{}", variant.name);
            }
        }
    }
    let outcomes = EXPERIMENT.outcomes(&[]);
    let of = |metric| value(&outcomes, "load-add-store", metric);
    assert_eq!((of("interleavings"), of("right")), (20.0, 2.0));
}

#[test]
fn cells_can_add_up_to_more_than_one_of_them_holds() {
    // A number goes round: each of four workers adds 100,000 to it and stores it in 52 cells of its own, 60 times over.
    let add = "add 1000; ".repeat(100);
    let store: String = ('a'..='z').chain('A'..='Z').map(|cell| format!("; store {cell}")).collect();
    let others = [('b', 'c'), ('c', 'd'), ('d', 'a')];
    let others = others.map(|(from, to)| format!("| receive {from}; {add}{}; send {to}", &store[2..]));
    let program = format!("{add}send b; receive a{store} {}", others.concat());
    let outcomes = EXPERIMENT.outcomes(&["--program", &program, "--separate", "--times", "60"]);
    let all = 52.0 * (24_000_000.0 + 23_800_000.0 + 23_900_000.0 + 24_000_000.0);
    assert!(all > f64::from(i32::MAX));
    assert_eq!(["lowest", "highest"].map(|metric| value(&outcomes, "program", metric)), [all, all]);
}

#[test]
fn one_variant_can_be_explored_alone_and_tells_all_of_its_ends() {
    let said = EXPERIMENT.words(&["--variant", "load-add-store"]);
    assert!(
        said.contains("Of 20 interleavings: 18 interleavings with x = 1 at the end. 2 interleavings with x = 2"),
        "{said}"
    );
    let said = EXPERIMENT.words(&["--variant", "opposite-order"]);
    let deadlock = "2 interleavings into a deadlock: A waits for the lock b, which B holds; B waits for the lock a, \
                    which A holds. The shortest way there: A lock a, B lock b.";
    assert!(said.contains(deadlock), "{said}");
}

#[test]
fn a_program_of_the_readers_own_is_explored() {
    let program = "A: add 1; send c | B: add 2; send c | C: receive c; store x";
    let outcomes = EXPERIMENT.outcomes(&["--separate", "--program", program]);
    let ways: Vec<(&str, f64)> =
        outcomes.iter().filter(|o| o.metric == "ways").map(|o| (&o.parameter[..], o.value)).collect();
    assert_eq!(ways, [("C's x = 1", 12.0), ("C's x = 2", 12.0)]);
    let said = EXPERIMENT.words(&["--times", "2", "--program", "load x; add 1; store x | load x; add 1; store x"]);
    assert!(said.contains("924 interleavings") && said.contains("6 interleavings with x = 4"), "{said}");
    assert!(EXPERIMENT.words(&["--program", "lock a | lock a"]).contains("B waits for the lock a, which A holds"));
}

#[test]
fn for_people_it_ends_in_words() {
    let text = EXPERIMENT.words(&[]);
    assert!(VARIANTS.iter().all(|variant| text.contains(variant.name)) && text.ends_with('.'), "{text}");
}

#[test]
fn help_has_examples() {
    assert!(EXPERIMENT.words(&["--help"]).contains("cargo run -p interleavings"));
}

#[test]
fn what_is_no_program_gets_one_line_that_says_why() {
    for (program, says) in [
        ("", "1 worker; write 2 to 4"),
        ("load x", "1 worker; write 2 to 4"),
        ("load x | load x | load x | load x | load x", "5 workers; write 2 to 4"),
        ("load x |", "B has 0 steps"),
        ("load x | jump x", "\"jump x\" is no step; write one of: load x"),
        ("load x | load", "\"load\" is no step"),
        ("load x | load total", "\"total\" is no name; a name is one letter"),
        ("load x | load \u{e4}", "is no name"),
        ("load x | add x", "\"x\" is no whole number from -1000 to 1000"),
        ("load x | fetch-add x 1001", "step 1 of B, fetch-add x 1001: add a whole number"),
        ("load x | add 99999999999", "is no whole number"),
        ("load x | lock a; unlock a; unlock a", "step 3 of B, unlock a: B doesn't hold a there"),
        ("A: lock a | B: unlock a", "B doesn't hold a there"),
        ("A: load x | C: load x", "\"C\" is no name for worker 2; call it B"),
    ] {
        let said = refusal(EXPERIMENT.run(&["--program", program]));
        assert!(said.starts_with("error: --program: ") && said.contains(says), "{program}: {said}");
    }
    let long = format!("load x | {}", "add 1; ".repeat(10_001));
    let output = EXPERIMENT.run(&["--program", &long]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("B has 10001 steps; write 1 to 10000"));
    let output =
        EXPERIMENT.run(&["--times", "1000", "--program", &"load x;".repeat(11).repeat(2).replacen(";l", "|l", 1)]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn four_workers_of_six_steps_are_explored_within_200_mb() {
    assert!(EXPERIMENT.run_within(190, &["--workers", "4", "--times", "2"]).status.success());
    // Nearly every step adds another number, so that there are about as many states as there can be.
    let program = "load a; add -124; add -7; store a; add -404; store a \
                   | fetch-add a -12; store a; load a; add 298; fetch-add a -988; store a \
                   | add 161; fetch-add a -566; fetch-add a 436; fetch-add a -361; load a; store a \
                   | load a; store a; fetch-add a -264; add -158; add 130; fetch-add a -669";
    let output = EXPERIMENT.run_within(190, &["--json", "--program", program]);
    assert!(output.status.success(), "{output:?}");
    let outcomes = testing::outcomes(&String::from_utf8(output.stdout).unwrap());
    let of = |metric| value(&outcomes, "program", metric);
    assert_eq!((of("states"), of("interleavings")), (4_656_714.0, 2_308_743_493_056.0));
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_too_large_is_given_up_before_memory_runs_out() {
    let stores = "load x; add 1; store x; load y; add 2; store y; load x; add 4; store y; load y; add 8; store x";
    let program = [stores; 4].join(" | ");
    for arguments in [
        &["--times", "1000"][..],
        &["--workers", "4", "--times", "4"],
        &["--workers", "4", "--times", "1000", "--json"],
        &["--program", &program],
        &["--times", "50", "--program", &program],
    ] {
        let said = refusal(EXPERIMENT.run_within(256, arguments));
        for part in ["too large for the explorer", " workers of ", " interleavings", "states", "take fewer"] {
            assert!(said.contains(part), "{said}");
        }
    }
}

#[test]
fn a_timeline_has_every_step_of_the_ways_that_go_wrong() {
    let timeline = EXPERIMENT.timeline(&[]);
    let groups: Vec<&str> = timeline.iter().filter_map(|event| event["args"]["name"].as_str()).collect();
    assert!(VARIANTS.iter().all(|variant| groups.contains(&variant.name)), "{groups:?}");
    assert!(groups.contains(&"opposite-order, deadlock"));
    // Two workers have 6, 2, 10, 10, 10, 6 and 7 steps, and 2 lead into the deadlock.
    assert_eq!(spans(&timeline), 6 + 2 + 10 + 10 + 10 + 6 + 7 + 2);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&[]);
}
