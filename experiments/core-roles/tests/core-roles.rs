//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it. No test looks at a
//! time: who is faster is the machine's affair.

use std::collections::BTreeSet;
use std::time::Duration;

use core_roles::{Evenness, Load, Task, VARIANTS, Variant};
use testing::{Experiment, refusal};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_core-roles"), Duration::from_secs(60));

/// Few tasks, for what is asserted doesn't depend on how many.
const BRIEF: &[&str] = &["--tasks", "8", "--urgent", "2", "--rounds", "1"];

const METRICS: [&str; 6] = ["makespan", "over-bound", "done", "idle", "latency", "worst-latency"];

fn brief<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    BRIEF.iter().copied().chain(arguments.iter().copied()).collect()
}

/// The variants that run in this process. Tests run on threads, and who has threads must not fork, so those with processes
/// are tried with the program, which checks the same and exits with 1 if it isn't so.
fn in_process() -> impl Iterator<Item = Variant> {
    VARIANTS.into_iter().filter(|variant| !variant.name.ends_with("-processes"))
}

/// Every run has the same outcomes, whatever the machine.
fn tells_all(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    let told: BTreeSet<(&str, &str, &str)> =
        outcomes.iter().map(|one| (&one.variant[..], &one.parameter[..], &one.metric[..])).collect();
    let mut expected = BTreeSet::new();
    for load in ["even", "uneven"] {
        expected.insert(("bound", load, "makespan"));
        for variant in VARIANTS {
            expected.extend(METRICS.map(|metric| (variant.name, load, metric)));
        }
    }
    assert_eq!(told, expected);
    assert_eq!(outcomes.len(), expected.len());
    assert!(outcomes.iter().filter(|one| one.metric == "done").all(|one| one.value == 100.0), "{outcomes:?}");
    assert!(outcomes.iter().all(|one| one.value.is_finite() && one.value >= 0.0), "{outcomes:?}");
}

fn load(evenness: Evenness, urgent: &[u64]) -> Load {
    Load::new(evenness, 11).with_urgent(urgent.iter().copied().map(Duration::from_micros).collect())
}

/// The urgent tasks arrive at once, in the midst, and after everything else is done.
#[test]
fn every_variant_does_every_task_once_and_none_before_it_arrives() {
    for evenness in Evenness::ALL {
        let load = load(evenness, &[0, 0, 1000, 2000, 60_000]);
        for workers in [2, 3, 9] {
            for variant in in_process() {
                let run = (variant.run)(&load, workers).unwrap();
                assert!(run.is_whole(&load), "{}, {workers} workers: {run:?}", variant.name);
                assert!(run.makespan() >= Duration::from_millis(60), "{}", variant.name);
                assert_eq!(run.latencies().count(), 5);
                assert!((0.0..=1.0).contains(&run.idle(workers)));
                assert!(run.bound(workers) <= run.bound(1), "{run:?}");
            }
        }
    }
}

#[test]
fn what_is_missing_doubled_wrong_or_too_early_is_told() {
    let load = load(Evenness::Uneven, &[0, 500]);
    let run = (VARIANTS[3].run)(&load, 2).unwrap();
    assert!(run.is_whole(&load));
    let changed = |change: fn(&mut Vec<core_roles::Done>)| {
        let mut run = run.clone();
        change(run.workers.iter_mut().find(|done| !done.is_empty()).unwrap());
        run.is_whole(&load)
    };
    assert!(changed(|_| ()));
    assert!(!changed(|done| done.truncate(done.len() - 1)));
    assert!(!changed(|done| done.push(done[0].clone())));
    assert!(!changed(|done| done[0].iterations += 1));
    assert!(!changed(|done| done[0].arrived = done[0].start + 1));
}

#[test]
fn who_has_a_role_does_only_that() {
    let load = load(Evenness::Even, &[0, 1000, 2000]);
    let urgent = |task: &Task| matches!(task, Task::Urgent(_));
    for variant in ["dispatcher-threads", "kept-core-threads", "role-only-threads"] {
        let variant = in_process().find(|known| known.name == variant).unwrap();
        let run = (variant.run)(&load, 3).unwrap();
        for (worker, done) in run.workers.iter().enumerate() {
            assert!(done.iter().all(|done| urgent(&done.task) == (worker == 0)), "{}: {run:?}", variant.name);
        }
    }
}

#[test]
fn a_fixed_share_is_a_block_of_the_bulk() {
    let load = load(Evenness::Uneven, &[]);
    let run = core_roles::fixed_shares_threads(&load, 3).unwrap();
    for (worker, done) in run.workers.iter().enumerate() {
        let tasks: Vec<Task> = done.iter().map(|done| done.task).collect();
        assert_eq!(tasks, load.block(worker, 3).map(Task::Bulk).collect::<Vec<_>>());
    }
}

#[test]
fn it_tells_the_same_however_many_workers_there_are() {
    tells_all(BRIEF);
    tells_all(&brief(&["--workers", "5"]));
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_does_all_and_says_that_none_can_be_kept() {
    testing::on_one_core();
    tells_all(BRIEF);
    let text = EXPERIMENT.words(BRIEF);
    assert!(text.contains("On one CPU no core can be kept"), "{text}");
    let text = EXPERIMENT.words(&["--measure", "cores"]);
    assert!(text.contains("With one CPU there is nothing to compare."), "{text}");
}

/// A worker of which nobody says where it runs could run on the core that is kept.
#[cfg(target_os = "linux")]
#[test]
fn the_cores_are_those_that_may_be_used() {
    let outcomes = EXPERIMENT.outcomes(&["--measure", "cores"]);
    let cpus = lab::Placement::apart();
    for variant in ["one-at-a-time", "all-at-once"] {
        let rows = outcomes.iter().filter(|outcome| outcome.variant == variant && outcome.metric == "row");
        let told: BTreeSet<usize> = rows.map(|outcome| outcome.parameter.parse().unwrap()).collect();
        assert_eq!(told, cpus.cpus().iter().copied().collect());
    }
    let of = |metric: &str| outcomes.iter().find(|outcome| outcome.metric == metric).unwrap().value;
    assert!(of("between") >= 1.0 && of("within") >= 1.0 && of("slowdown") > 0.0, "{outcomes:?}");
}

#[test]
fn one_variant_and_one_load_can_be_run_alone() {
    for variant in VARIANTS {
        let outcomes = EXPERIMENT.outcomes(&brief(&["--variant", variant.name, "--load", "even"]));
        let told: BTreeSet<&str> = outcomes.iter().map(|outcome| &outcome.variant[..]).collect();
        assert_eq!(told, BTreeSet::from(["alone", "bound", variant.name]));
        assert!(outcomes.iter().all(|outcome| outcome.parameter == "even"), "{outcomes:?}");
    }
}

/// Threads need addresses for their stacks, 2 MiB each; processes bring their own.
#[cfg(target_os = "linux")]
#[test]
fn variants_that_the_system_refuses_are_left_out_and_the_others_are_not() {
    let output = EXPERIMENT.run_within(64, &brief(&["--json", "--workers", "64", "--load", "even"]));
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{complaints}");
    let outcomes = testing::outcomes(&String::from_utf8(output.stdout).unwrap());
    for variant in VARIANTS {
        let is_refused = variant.name.ends_with("-threads");
        assert_eq!(complaints.matches(variant.name).count(), usize::from(is_refused), "{complaints}");
        let told = outcomes.iter().filter(|outcome| outcome.variant == variant.name).count();
        assert_eq!(told, if is_refused { 0 } else { METRICS.len() }, "{}", variant.name);
    }
}

#[test]
fn what_is_none_of_its_arguments_is_refused() {
    for (flag, value) in [("--workers", "1"), ("--tasks", "1"), ("--urgent", "0"), ("--rounds", "x"), ("--load", "odd")]
    {
        let said = refusal(EXPERIMENT.run(&[flag, value]));
        assert!(said.contains(flag), "{said}");
    }
    let said = refusal(EXPERIMENT.run(&["--measure", "speed"]));
    assert!(said.contains("roles, cores"), "{said}");
    for [option, value] in [["--trace", "trace.json"], ["--load", "even"], ["--tasks", "9"], ["--variant", "alone"]] {
        let said = refusal(EXPERIMENT.run(&["--measure", "cores", option, value]));
        assert!(said.contains(&format!("nothing to do with {option}; leave it out")), "{said}");
    }
}

#[test]
fn for_people_it_ends_in_words() {
    let text = EXPERIMENT.words(BRIEF);
    assert!(VARIANTS.iter().all(|variant| text.contains(variant.name)), "{text}");
    assert!(text.contains("Every task was done once") && text.ends_with('.'), "{text}");
    assert!(EXPERIMENT.words(&["--help"]).contains("cargo run -p core-roles"));
}

#[test]
fn a_timeline_has_a_row_for_each_worker_and_one_for_what_is_urgent() {
    let timeline =
        EXPERIMENT.timeline(&brief(&["--workers", "3", "--load", "uneven", "--variant", "kept-core-threads"]));
    // Nine of `alone` and of the variant: each task once with its worker, and an urgent one twice more where it waits and runs.
    assert_eq!(testing::spans(&timeline), 2 * (8 + 2 + 2 * 2));
    let rows = timeline.iter().filter(|event| event["name"] == "thread_name" && event["pid"] == 2);
    let names: BTreeSet<&str> = rows.map(|event| event["args"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["worker 0", "worker 1", "worker 2", "urgent tasks"]));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(BRIEF);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    let arguments = ["--variant", "kept-core-processes", "--load", "even", "--workers", "3", "--tasks", "1500"];
    EXPERIMENT.takes_its_children_along(3, &arguments);
}
