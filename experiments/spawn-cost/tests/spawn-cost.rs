//! Everything that is started ends and is waited for, on any number of cores. The report says what the system refuses, and
//! nothing stays behind. No test judges a time, since the cost of a start depends on the machine.

use std::path::Path;
use std::time::Duration;

use lab::report::Outcome;
use spawn_cost::{Stage, VARIANTS, variant};
use testing::Experiment;

const PROGRAM: &str = env!("CARGO_BIN_EXE_spawn-cost");
const EXPERIMENT: Experiment = Experiment::new(PROGRAM, Duration::from_secs(120));

fn value(
    outcomes: &[Outcome],
    metric: &str,
    variant: &str,
    parameter: &str,
) -> Option<f64> {
    let is_it = |o: &&Outcome| {
        (&o.metric[..], &o.variant[..], &o.parameter[..])
            == (metric, variant, parameter)
    };
    outcomes.iter().find(is_it).map(|outcome| outcome.value)
}

#[test]
fn every_variant_starts_as_many_as_it_is_asked_for_and_waits_for_all() {
    for variant in VARIANTS {
        let mut stage = Stage::new(2, Path::new(PROGRAM));
        for count in [1, 5, 64] {
            (variant.start)(&mut stage, count).unwrap_or_else(|error| {
                panic!("{}, {count}: {error}", variant.name)
            });
        }
    }
}

#[test]
fn a_program_that_is_not_there_or_fails_is_told_and_not_waited_for() {
    let failing = ["/bin/false", "/usr/bin/false"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .unwrap();
    for (program, name) in ["/no/such/program", failing]
        .into_iter()
        .flat_map(|at| [(at, "command-libc"), (at, "pool-spawn")])
    {
        let mut stage = Stage::new(3, Path::new(program));
        assert!((variant(name).start)(&mut stage, 3).is_err(), "{name}, {program}");
    }
}

fn every_variant_has_a_cost_everywhere(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    for (variant, placement) in VARIANTS
        .into_iter()
        .flat_map(|variant| [(variant, "one-core"), (variant, "free")])
    {
        let cost = value(&outcomes, "cost", variant.name, placement);
        assert!(
            cost.is_some_and(|cost| cost > 0.0),
            "{}, {placement}: {cost:?}",
            variant.name
        );
    }
    let at_once =
        EXPERIMENT.outcomes(&["at-once", "--times", "2", "--count", "1,64"]);
    assert!(
        at_once.len() == 4 * 2 * 2
            && at_once.iter().all(|outcome| outcome.value > 0.0),
        "{at_once:?}"
    );
}

#[test]
fn every_variant_is_measured_on_one_core_and_free_and_with_one_core_too() {
    every_variant_has_a_cost_everywhere(&[]);
    #[cfg(target_os = "linux")]
    testing::on_one_core();
    every_variant_has_a_cost_everywhere(&["--times", "5", "--workers", "4"]);
}

/// A fork has to copy a table entry for each page, and there are fewer entries if the pages are huge.
#[cfg(target_os = "linux")]
#[test]
fn memory_that_the_parent_has_touched_is_there_and_so_are_the_tables_for_it() {
    let output = EXPERIMENT.run(&[
        "memory",
        "--json",
        "--memory",
        "0,64,256",
        "--placement",
        "one-core",
        "--times",
        "1",
    ]);
    let outcomes = testing::outcomes(&String::from_utf8(output.stdout).unwrap());
    let complaints = String::from_utf8(output.stderr).unwrap();
    let of = |metric: &str, name: &str| {
        ["0", "64", "256"].map(|mb| value(&outcomes, metric, name, mb))
    };
    for name in
        ["thread-spawn", "vfork-exit", "posix-spawn", "fork-exit", "fork-exec"]
    {
        assert!(
            of("over-memory-one-core", name).iter().all(Option::is_some),
            "{outcomes:?} {complaints}"
        );
    }
    let entries = of("parent-entries", "fork-exit").map(Option::unwrap);
    let pages = 256.0 * 1024.0 * 1024.0 / rustix::param::page_size() as f64;
    assert!(
        entries[1] - entries[0] > 0.9 * pages / 4.0
            && entries[2] - entries[0] > 0.9 * pages,
        "{entries:?}"
    );
    let tables = of("parent-page-tables", "fork-exit").map(Option::unwrap);
    assert!(tables.is_sorted() && tables[2] > tables[0], "{tables:?}");
    match of("parent-entries", "fork-exit-huge-pages") {
        [_, _, Some(huge)] => {
            assert!(huge < entries[2] / 2.0, "{huge} {entries:?}");
        }
        _ => assert!(complaints.contains("gives no huge pages"), "{complaints}"),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_is_not_to_be_had_is_left_out_in_words() {
    let output = EXPERIMENT.run_within(
        128,
        &["memory", "--json", "--memory", "0,512", "--variant", "posix-spawn"],
    );
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), complaints.lines().count()),
        (Some(1), 1),
        "{complaints}"
    );
    assert!(
        complaints.contains("512 MB (only ")
            && complaints.contains(" MB of memory are left here)"),
        "{complaints}"
    );
    assert_eq!(
        testing::outcomes(&String::from_utf8(output.stdout).unwrap()).len(),
        2,
        "everything else was run"
    );
}

/// Without strace the report says so, and the experiment doesn't fail.
#[test]
fn a_command_shares_its_parents_memory_and_with_pre_exec_it_is_a_copy() {
    let outcomes = EXPERIMENT.outcomes(&["system-calls"]);
    if outcomes.is_empty() {
        return assert!(
            EXPERIMENT
                .text(&["system-calls"])
                .starts_with("Left out: the count of system calls (")
        );
    }
    let shares =
        |name: &&str| value(&outcomes, "shares-memory", name, "1").unwrap() == 1.0;
    assert!(
        ["thread-spawn", "pthread-create", "vfork-exit", "exec-bare"]
            .iter()
            .all(shares),
        "{outcomes:?}"
    );
    assert!(
        !["fork-exit", "fork-exec", "command-pre-exec", "pool-fork", "pool-task"]
            .iter()
            .any(shares),
        "{outcomes:?}"
    );
    let calls =
        |name: &str| value(&outcomes, "calls-of-the-new", name, "1").unwrap();
    assert!(calls("thread-spawn") > calls("pthread-create"), "{outcomes:?}");
    // The tiny program makes two calls of its own: execve and exit.
    assert_eq!(calls("exec-bare"), 2.0);
}

/// The workers of a pool, and a process that waits for tasks, are children of the process that measures. When that process dies,
/// they read the end of the pipe.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_the_process_that_measures_along_and_leaves_no_worker_of_a_pool()
 {
    EXPERIMENT.takes_its_children_along(
        1,
        &[
            "at-once",
            "--variant",
            "thread-spawn",
            "--count",
            "64",
            "--times",
            "1000",
        ],
    );
    for name in ["pool-fork", "pool-spawn"] {
        let mut command = EXPERIMENT.command(&[
            "--variant",
            name,
            "--workers",
            "16",
            "--times",
            "1000",
        ]);
        EXPERIMENT.end_with_it(rustix::process::Signal::KILL, &mut command, 5);
    }
    if lab::machine::usable_cpus() > 1 {
        let words =
            ["break-even", "--variant", "waiting-process", "--rounds", "300"];
        let mut command = EXPERIMENT.command(&words);
        EXPERIMENT.end_with_it(rustix::process::Signal::KILL, &mut command, 2);
    }
}
