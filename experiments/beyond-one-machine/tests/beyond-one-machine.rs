//! The experiment shows the same on any number of cores, and ends well even if a process is killed. No test looks at a time,
//! because times depend on the machine.

use std::time::Duration;

use beyond_one_machine::cluster::{self, Task};
use beyond_one_machine::{NODES, WORKS, degrees, node, rows, squares};
use lab::report::Outcome;
use testing::Experiment;

const EXPERIMENT: Experiment = Experiment::new(
    env!("CARGO_BIN_EXE_beyond-one-machine"),
    Duration::from_secs(120),
);

/// Little work, but every kind of it.
const BRIEF: &[&str] = &["--rounds", "1", "--rows", "40", "--edges", "20000"];

fn points(outcomes: &[Outcome], metric: &str, variant: &str) -> Vec<String> {
    let of_it = outcomes
        .iter()
        .filter(|outcome| outcome.metric == metric && outcome.variant == variant);
    of_it.map(|outcome| outcome.parameter.clone()).collect()
}

fn shows_everything(workers: &str, counts: &[usize]) {
    let outcomes = EXPERIMENT.outcomes(&[BRIEF, &["--workers", workers]].concat());
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.value.is_finite() && outcome.value >= 0.0),
        "{outcomes:?}"
    );
    let counted: Vec<String> = counts.iter().map(ToString::to_string).collect();
    // A projection begins with the most processes that had a core each.
    let cpus = lab::machine::usable_cpus();
    let begins = counts.iter().rfind(|count| **count <= cpus).unwrap().to_string();
    for work in WORKS {
        let [plain, threads, processes] =
            work.variants.map(|variant| points(&outcomes, "speed-up", variant));
        assert_eq!(
            (plain, &threads, &processes),
            (vec!["1".to_owned()], &counted, &counted)
        );
        let projected =
            points(&outcomes, "speed-up", &format!("{}-projection", work.name));
        assert_eq!(
            (projected.first(), projected.last().map(String::as_str)),
            (Some(&begins), Some("64"))
        );
    }
}

/// The program's exit code says whether they do.
#[test]
fn every_variant_comes_to_the_result_of_one_thread() {
    shows_everything("2", &[1, 2]);
    shows_everything("5", &[1, 2, 4, 5]);
    shows_everything("1", &[1]);
    // More workers than rows or edges, and unequal shares.
    for [rows, edges] in [["2", "1"], ["33", "10007"]] {
        EXPERIMENT.outcomes(&[
            "--rounds",
            "1",
            "--workers",
            "5",
            "--rows",
            rows,
            "--edges",
            edges,
        ]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_says_so_and_does_the_rest() {
    testing::on_one_core();
    shows_everything("2", &[1, 2]);
    let text = EXPERIMENT.words(BRIEF);
    assert!(
        text.contains("On one CPU the workers take turns")
            && !text.contains("Left out"),
        "{text}"
    );
}

#[test]
fn the_graph_is_what_it_is_said_to_be() {
    let edges = 10_000;
    let mut counted = vec![0; NODES];
    for edge in 0..edges {
        counted[node(edge) as usize] += 1;
    }
    assert_eq!(counted.iter().map(|count| *count as usize).sum::<usize>(), edges);
    assert_eq!(squares(&counted), degrees(edges));
    assert_eq!(squares(&[3, 0, 4]), 25);
    assert_eq!(rows(1), lab::work::mandelbrot_row(0, 1));
}

#[test]
fn processes_are_forked_from_one_thread_only() {
    let refused =
        cluster::threads(Task { work: WORKS[0], size: 1 }, 1).unwrap_err();
    assert!(refused.to_string().contains("it may have only one"), "{refused}");
}

#[test]
fn two_at_once_do_not_get_into_each_others_way() {
    std::thread::scope(|scope| {
        (0..3).for_each(|_| drop(scope.spawn(|| shows_everything("2", &[1, 2]))));
    });
}

#[test]
fn the_engine_starts_by_itself_and_a_process_whose_peer_is_killed_ends_without_a_result()
 {
    let started = EXPERIMENT.outcomes(&["own-start"]);
    assert!(
        started.len() == 1
            && started[0].metric == "start-up"
            && started[0].value > 0.0,
        "{started:?}"
    );
    for _ in 0..5 {
        let killed: Vec<_> = EXPERIMENT
            .outcomes(&["kill"])
            .into_iter()
            .map(|outcome| (outcome.metric, outcome.value))
            .collect();
        let [(ended_after, after), (results, none)] = &killed[..] else {
            panic!("{killed:?}")
        };
        assert!(
            ended_after == "ended-after"
                && *after > 0.0
                && results == "results"
                && *none == 0.0,
            "{killed:?}"
        );
    }
}

/// The chart draws the groups with the most workers, which have their variants' names.
#[test]
fn a_timeline_has_every_process_of_every_case() {
    let timeline = EXPERIMENT.timeline(&[BRIEF, &["--workers", "2"]].concat());
    // For each kind of work, the plain thread has one span, and each process of the engine has three.
    assert_eq!(testing::spans(&timeline), 2 * (1 + 3 * (1 + 1) + 3 * (1 + 2)));
    let is_group = |event: &serde_json::Value| {
        event["args"]["name"] == "rows-timely-processes"
    };
    assert_eq!(timeline.iter().filter(|event| is_group(event)).count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_processes_along() {
    let arguments =
        ["--variant", "rows-timely-processes", "--rows", "4000", "--workers", "2"];
    // A case with a single process comes first, so one process is all that can be seen.
    EXPERIMENT.takes_its_children_along(1, &arguments);
}
