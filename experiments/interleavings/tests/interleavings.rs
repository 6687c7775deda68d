//! The variants give the answers that are known without the explorer, and the program explores and tells what a reader
//! writes.

use std::time::Duration;

use interleavings::{
    BUDGET, VARIANTS, explore, fetch_add, load_add_store, locked, messages,
    one_order, opposite_order, separate_memory,
};
use testing::{Experiment, refusal, spans};

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_interleavings"), Duration::from_secs(60));

#[test]
fn every_variant_comes_to_what_is_known_of_it() {
    // The exit code says whether each variant ended as it is known to, and deadlocked only if it may.
    for (workers, times) in
        [("2", "1"), ("2", "2"), ("2", "12"), ("3", "1"), ("3", "2"), ("4", "2")]
    {
        EXPERIMENT.text(&["--workers", workers, "--times", times]);
    }
    for (program, interleavings, ends, deadlocked) in [
        (load_add_store(2, 1), 20, 2, 0),
        (load_add_store(2, 12), 442_512_540_276_836_779_204, 23, 0), // every value from 2 to 24 can be the last
        (fetch_add(2, 5), 252, 1, 0),
        (locked(2, 5), 252, 1, 0),
        (separate_memory(4, 2), 2_308_743_493_056, 1, 0),
        (messages(4, 2), 1, 1, 0),
        (opposite_order(2, 1), 6, 1, 2),
        (one_order(2, 1), 2, 1, 0),
    ] {
        let found = explore(&program, BUDGET).unwrap();
        let what = (found.interleavings, found.ends.len(), found.deadlocked());
        assert_eq!(what, (interleavings, ends, deadlocked), "{program:?}");
    }
}

#[test]
fn with_locks_in_opposite_order_all_wait_for_each_other() {
    for (workers, times) in [(2, 3), (3, 2), (4, 2)] {
        let found = explore(&opposite_order(workers, times), BUDGET).unwrap();
        // Whichever round each worker is in, all wait for the same locks: this is one deadlock, with all ways into it.
        let [deadlock] = &found.deadlocks[..] else {
            panic!("{:?}", found.deadlocks)
        };
        assert_eq!(
            found.way_into(deadlock).len(),
            workers,
            "each takes its first lock and goes no further"
        );
        assert!(
            deadlock
                .waits
                .iter()
                .all(|(worker, _, holder)| *holder == Some((worker + 1) % workers))
        );
        assert_eq!(deadlock.waits.len(), workers);
        assert_eq!(
            found.interleavings,
            found.deadlocked() + found.adding_up_to((workers * times) as i64)
        );
    }
}

#[test]
fn one_variant_alone_tells_all_of_its_ends() {
    let said = EXPERIMENT.words(&["--variant", "load-add-store"]);
    let ends = "Of 20 interleavings: 18 interleavings end with x = 1. 2 interleavings end with x = 2.";
    assert!(said.contains(ends), "{said}");
    let said = EXPERIMENT.words(&["--variant", "opposite-order"]);
    let deadlock = "2 interleavings end in a deadlock: A waits for the lock b, which B holds; B waits for the lock a, \
                    which A holds. The shortest way there: A lock a, B lock b.";
    assert!(said.contains(deadlock), "{said}");
}

#[test]
fn a_program_of_the_readers_own_is_explored() {
    let program = "A: add 1; send c | B: add 2; send c | C: receive c; store x";
    let outcomes = EXPERIMENT.outcomes(&["program", "--separate", program]);
    let ways = outcomes
        .iter()
        .filter(|told| told.metric == "ways")
        .map(|told| (&told.parameter[..], told.value));
    assert_eq!(
        ways.collect::<Vec<_>>(),
        [("C's x = 1", 12.0), ("C's x = 2", 12.0)]
    );
    let said = EXPERIMENT.words(&[
        "program",
        "--times",
        "2",
        "load x; add 1; store x | load x; add 1; store x",
    ]);
    assert!(
        said.contains("Of 924 interleavings")
            && said.contains("6 interleavings end with x = 4"),
        "{said}"
    );
    assert!(
        refusal(EXPERIMENT.run(&["program", "load x |"]))
            .starts_with("error: PROGRAM: B has 0 steps")
    );
}

/// Nearly every step adds a different number, so that there are about as many states as there can be.
#[cfg(target_os = "linux")]
const MANY: &str = "load a; add -124; add -7; store a; add -404; store a \
                    | fetch-add a -12; store a; load a; add 298; fetch-add a -988; store a \
                    | add 161; fetch-add a -566; fetch-add a 436; fetch-add a -361; load a; store a \
                    | load a; store a; fetch-add a -264; add -158; add 130; fetch-add a -669";

#[cfg(target_os = "linux")]
#[test]
fn memory_is_kept_to() {
    assert!(
        EXPERIMENT
            .run_within(190, &["--workers", "4", "--times", "2"])
            .status
            .success()
    );
    let output = EXPERIMENT.run_within(190, &["program", "--json", MANY]);
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains(r#""states","value":4656714"#)
    );
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_too_large_is_given_up_before_memory_runs_out() {
    for arguments in [&["--times", "1000"][..], &["program", "--times", "50", MANY]]
    {
        let said = refusal(EXPERIMENT.run_within(256, arguments));
        assert!(
            said.contains("too large for the explorer")
                && said.contains("take fewer"),
            "{said}"
        );
    }
}

#[test]
fn a_timeline_has_every_step_of_the_ways_that_go_wrong() {
    let timeline = EXPERIMENT.timeline(&[]);
    let groups: Vec<&str> = timeline
        .iter()
        .filter_map(|event| event["args"]["name"].as_str())
        .collect();
    assert!(
        VARIANTS.iter().all(|variant| groups.contains(&variant.name)),
        "{groups:?}"
    );
    assert!(groups.contains(&"opposite-order, deadlock"));
    // Two workers have 6, 2, 10, 10, 10, 6 and 7 steps, and 2 lead into the deadlock.
    assert_eq!(spans(&timeline), 6 + 2 + 10 + 10 + 10 + 6 + 7 + 2);
}
