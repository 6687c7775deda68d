//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it.

use std::io::Read;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use lab::process;
use lab::report::Outcome;
use shared_counter::VARIANTS;

const LIMIT: Duration = Duration::from_secs(60);

fn experiment(arguments: &[&str]) -> Output {
    process::output(Command::new(env!("CARGO_BIN_EXE_shared-counter")).args(arguments), LIMIT).unwrap()
}

fn outcomes(arguments: &[&str]) -> Vec<Outcome> {
    let output = experiment(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn lost(outcomes: &[Outcome], variant: &str) -> f64 {
    outcomes.iter().find(|outcome| outcome.variant == variant && outcome.metric == "lost").unwrap().value
}

/// Binds this thread, and so the experiment that it starts, to the first of its cores.
#[cfg(target_os = "linux")]
fn on_one_core() {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let all = sched_getaffinity(None).unwrap();
    let mut one = CpuSet::new();
    one.set((0..CpuSet::MAX_CPU).find(|core| all.is_set(*core)).unwrap());
    sched_setaffinity(None, &one).unwrap();
}

fn broken_lose_and_others_do_not(arguments: &[&str]) {
    for _ in 0..10 {
        let outcomes = outcomes(arguments);
        for variant in VARIANTS {
            let lost = lost(&outcomes, variant.name);
            let workers: f64 = outcomes[0].parameter.parse().unwrap();
            // Of the workers' first additions only one can count, for all have loaded the same 0.
            let expected = if variant.loses { lost >= workers - 1.0 } else { lost == 0.0 };
            assert!(expected, "{} lost {lost}", variant.name);
        }
    }
}

#[test]
fn broken_variants_lose_updates_every_time_and_the_others_never_do() {
    broken_lose_and_others_do_not(&["--json"]);
}

#[test]
fn more_workers_than_cores_lose_updates_too() {
    broken_lose_and_others_do_not(&["--json", "--workers", "8"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    on_one_core();
    broken_lose_and_others_do_not(&["--json"]);
    broken_lose_and_others_do_not(&["--json", "--workers", "5"]);
}

#[test]
fn one_worker_loses_nothing() {
    let outcomes = outcomes(&["--json", "--workers", "1"]);
    assert!(VARIANTS.iter().all(|variant| lost(&outcomes, variant.name) == 0.0), "{outcomes:?}");
}

#[test]
fn one_variant_can_be_run_alone() {
    for variant in VARIANTS {
        let outcomes = outcomes(&["--json", "--variant", variant.name]);
        assert!(outcomes.iter().all(|outcome| outcome.variant == variant.name), "{outcomes:?}");
        assert_eq!(outcomes.len(), 3, "{outcomes:?}");
    }
}

#[test]
fn for_people_it_ends_in_words() {
    let text = String::from_utf8(experiment(&[]).stdout).unwrap();
    assert!(VARIANTS.iter().all(|variant| text.contains(variant.name)), "{text}");
    assert!(text.trim_end().ends_with('.'), "{text}");
}

#[test]
fn help_has_examples() {
    let output = experiment(&["--help"]);
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("cargo run -p shared-counter"));
}

#[test]
fn a_timeline_has_every_worker_of_every_variant() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    assert!(experiment(&["--workers", "3", "--trace", file.to_str().unwrap()]).status.success());
    let trace: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let spans = trace["traceEvents"].as_array().unwrap().iter().filter(|event| event["ph"] == "X");
    assert_eq!(spans.count(), 3 * VARIANTS.len());
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_shared-counter"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(said, "");
}

#[cfg(target_os = "linux")]
mod killed {
    use std::fs;
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::Instant;

    use rustix::process::{Pid, Signal, WaitOptions, kill_process, set_child_subreaper, waitpid};

    use super::LIMIT;

    /// Whoever's parent dies is handed to this process, so that it can tell that they ended, and reap them.
    #[test]
    fn a_killed_parent_takes_its_workers_along() {
        set_child_subreaper(Some(rustix::process::getpid())).unwrap();
        for signal in [Signal::KILL, Signal::TERM, Signal::INT] {
            let arguments = ["--variant", "load-then-store-processes", "--workers", "3", "--increments", "100000000"];
            let mut parent = Command::new(env!("CARGO_BIN_EXE_shared-counter"))
                .args(arguments)
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            let deadline = Instant::now() + LIMIT;
            let workers = loop {
                let pid = parent.id();
                let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
                let children: Vec<i32> = children.split_whitespace().map(|child| child.parse().unwrap()).collect();
                if children.len() == 3 {
                    break children;
                }
                assert!(Instant::now() < deadline, "three workers were to start: {children:?}");
                thread::yield_now();
            };
            kill_process(Pid::from_child(&parent), signal).unwrap();
            parent.wait().unwrap();
            for worker in workers {
                // This returns when the worker has ended; were it left running, it would take minutes and exit with 0.
                let (_, status) = waitpid(Pid::from_raw(worker), WaitOptions::empty()).unwrap().unwrap();
                assert_eq!(
                    status.terminating_signal(),
                    Some(Signal::KILL.as_raw()),
                    "worker {worker} outlived its parent"
                );
            }
        }
    }
}
