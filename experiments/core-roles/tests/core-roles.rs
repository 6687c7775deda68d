//! The experiment shows the same on any number of cores, and ends well even if it is killed. No test looks at a time, because
//! times depend on the machine.

use std::time::Duration;

use core_roles::{Done, Evenness, Load, Run, Task, VARIANTS};
use testing::Experiment;

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_core-roles"), Duration::from_secs(60));

/// Few tasks, because nothing that is asserted depends on their number.
const BRIEF: &[&str] = &["--tasks", "8", "--urgent", "2", "--rounds", "1"];

fn load(evenness: Evenness, urgent: &[u64]) -> Load {
    Load::new(evenness, 11)
        .with_urgent(urgent.iter().copied().map(Duration::from_micros).collect())
}

fn run(variant: &str, load: &Load, workers: usize) -> Run {
    (VARIANTS.iter().find(|known| known.name == variant).unwrap().run)(
        load, workers,
    )
    .unwrap()
}

/// The program checks that each variant does every task once, and exits with 1 if it isn't so.
fn all_is_done(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(&[BRIEF, arguments].concat());
    let done: Vec<_> =
        outcomes.iter().filter(|outcome| outcome.metric == "done").collect();
    assert!(
        done.len() == 2 * VARIANTS.len()
            && done.iter().all(|outcome| outcome.value == 100.0),
        "{outcomes:?}"
    );
    assert!(outcomes.iter().all(|outcome| outcome.value >= 0.0), "{outcomes:?}");
}

/// The urgent tasks arrive at once, in the middle, and after everything else is done. Tests run on threads, and a process with
/// threads shouldn't fork, so only the program tries the variants with processes.
#[test]
fn every_variant_does_every_task_once_and_none_before_it_arrives() {
    for evenness in Evenness::ALL {
        let load = load(evenness, &[0, 0, 1000, 2000, 60_000]);
        for (workers, variant) in [2, 3, 9]
            .into_iter()
            .flat_map(|workers| VARIANTS.map(|variant| (workers, variant)))
        {
            if !variant.name.ends_with("-processes") {
                let run = (variant.run)(&load, workers).unwrap();
                assert!(
                    run.is_whole(&load),
                    "{}, {workers} workers: {run:?}",
                    variant.name
                );
                assert!(
                    run.makespan() >= Duration::from_millis(60),
                    "{}",
                    variant.name
                );
                assert!(run.bound(workers) <= run.bound(1), "{run:?}");
            }
        }
    }
}

#[test]
fn what_is_missing_doubled_wrong_or_too_early_is_told() {
    let load = load(Evenness::Uneven, &[0, 500]);
    let run = run("shared-queue-threads", &load, 2);
    let is_whole = |change: fn(&mut Vec<Done>)| {
        let mut run = run.clone();
        change(run.workers.iter_mut().find(|done| !done.is_empty()).unwrap());
        run.is_whole(&load)
    };
    assert!(is_whole(|_| ()));
    assert!(!is_whole(|done| done.truncate(done.len() - 1)));
    assert!(!is_whole(|done| done.push(done[0].clone())));
    assert!(!is_whole(|done| done[0].iterations += 1));
    assert!(!is_whole(|done| done[0].arrived = done[0].start + 1));
}

#[test]
fn a_worker_with_a_role_does_only_that() {
    let load = load(Evenness::Even, &[0, 1000, 2000]);
    for variant in ["dispatcher-threads", "kept-core-threads", "role-only-threads"]
    {
        for (worker, done) in run(variant, &load, 3).workers.iter().enumerate() {
            let is_right =
                |done: &Done| matches!(done.task, Task::Urgent(_)) == (worker == 0);
            assert!(
                done.iter().all(is_right),
                "{variant}, worker {worker}: {done:?}"
            );
        }
    }
}

#[test]
fn a_fixed_share_is_a_block_of_the_bulk() {
    let load = load(Evenness::Uneven, &[]);
    for (worker, done) in
        run("fixed-shares-threads", &load, 3).workers.iter().enumerate()
    {
        let tasks: Vec<Task> = done.iter().map(|done| done.task).collect();
        assert_eq!(tasks, load.block(worker, 3).collect::<Vec<_>>());
    }
}

#[test]
fn all_is_done_however_many_workers_there_are() {
    all_is_done(&[]);
    all_is_done(&["--workers", "5"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_does_all_and_says_that_none_can_be_kept() {
    testing::on_one_core();
    all_is_done(&[]);
    assert!(EXPERIMENT.words(BRIEF).contains("On one CPU no core can be kept"));
    assert!(
        EXPERIMENT
            .words(&["cores"])
            .contains("With one CPU there is nothing to compare.")
    );
}

/// A CPU that may not be used could have been the kept one. The program says where the workers run.
#[cfg(target_os = "linux")]
#[test]
fn the_cores_are_those_that_may_be_used() {
    let outcomes = EXPERIMENT.outcomes(&["cores"]);
    let words = EXPERIMENT
        .words(&[BRIEF, &["--workers", "2", "--variant", "alone"]].concat());
    assert!(
        words.contains(&format!("run {}", lab::Placement::apart().in_words(2))),
        "{words}"
    );
    let mut cpus = lab::Placement::apart().cpus().to_vec();
    cpus.sort_unstable();
    for variant in ["one-at-a-time", "all-at-once"] {
        let rows = outcomes.iter().filter(|outcome| {
            outcome.variant == variant && outcome.metric == "row"
        });
        assert_eq!(
            rows.map(|outcome| outcome.parameter.parse().unwrap())
                .collect::<Vec<usize>>(),
            cpus
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    let arguments = [
        "--variant",
        "kept-core-processes",
        "--load",
        "even",
        "--workers",
        "3",
        "--tasks",
        "1500",
    ];
    EXPERIMENT.takes_its_children_along(3, &arguments);
}
