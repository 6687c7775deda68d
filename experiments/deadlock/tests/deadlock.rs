//! What deadlocks, deadlocks every time, on any number of cores, and its cycle is named; what is repaired, finishes; and
//! nobody who hangs is left behind.

use std::process::{Command, Stdio};
use std::time::Duration;

use deadlock::{COLLISIONS, Ends, LEAK, VARIANTS};
use lab::report::Outcome;
use serde_json::Value;
use testing::{Experiment, refusal};

/// For what never ends. What is run here takes a small part of it, on a busy machine too.
const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_deadlock"), Duration::from_secs(120));

fn value(outcomes: &[Outcome], variant: &str, metric: &str) -> Option<f64> {
    outcomes.iter().find(|outcome| outcome.variant == variant && outcome.metric == metric).map(|outcome| outcome.value)
}

/// Of 1,000 runs of each repair, and 20 of each variant that is there to deadlock.
fn all_end_as_they_should(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    for variant in VARIANTS {
        let counts = ["runs", "finished", "deadlocked"].map(|metric| value(&outcomes, variant.name, metric).unwrap());
        let expected = match variant.ends {
            Ends::Deadlocked => [20.0, 0.0, 20.0],
            Ends::GivenUp => [1.0, 0.0, 0.0],
            Ends::Finished => [1000.0, 1000.0, 0.0],
        };
        assert_eq!(counts, expected, "{}: runs, finished, deadlocked", variant.name);
    }
    assert_eq!(value(&outcomes, "try-lock-lockstep", "collisions"), Some(COLLISIONS as f64));
}

#[test]
fn all_end_as_they_should_every_time() {
    all_end_as_they_should(&[]);
}

#[test]
fn a_table_of_any_size_is_no_different() {
    for philosophers in ["2", "3", "64"] {
        all_end_as_they_should(&["--philosophers", philosophers, "--workers", "8"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    all_end_as_they_should(&[]);
    all_end_as_they_should(&["--philosophers", "2"]);
}

#[test]
fn the_cycle_is_named() {
    let cycles = [
        (
            "opposite-order-threads",
            "thread 0 holds A and waits for B, which thread 1 holds; thread 1 holds B and waits for A, which thread 0 holds.",
        ),
        (
            "opposite-order-processes",
            "process 0 holds A and waits for B, which process 1 holds; process 1 holds B and waits for A, which process 0 holds.",
        ),
        ("self-deadlock", "thread 0 holds A and waits for A, which it holds itself."),
        (
            "pipe-cycle-threads",
            "thread 0 waits for room in pipe A, which only thread 1 drains; thread 1 waits for room in pipe B, which only thread 0 drains.",
        ),
        (
            "pipe-cycle-processes",
            "process 0 waits for room in pipe A, which only process 1 drains; process 1 waits for room in pipe B, which only process 0 drains.",
        ),
    ];
    for (variant, cycle) in cycles {
        let said = EXPERIMENT.words(&["--variant", variant, "--runs", "1"]);
        assert!(said.contains(&format!("{variant}: {cycle}")), "{said}");
    }
}

#[test]
fn every_philosopher_is_named() {
    for philosophers in [2, 3, 5, 64] {
        let seats = philosophers.to_string();
        let said = EXPERIMENT.words(&["--variant", "philosophers", "--runs", "1", "--philosophers", &seats]);
        let one = |seat: usize| {
            let right = (seat + 1) % philosophers;
            format!("thread {seat} holds fork {seat} and waits for fork {right}, which thread {right} holds")
        };
        let cycle: Vec<String> = (0..philosophers).map(one).collect();
        assert!(said.contains(&format!("philosophers: {}.", cycle.join("; "))), "{said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_kernel_shows_who_is_asleep() {
    for (variant, call) in [("opposite-order-threads", "(futex)"), ("pipe-cycle-processes", "(write)")] {
        let said = EXPERIMENT.words(&["--variant", variant, "--runs", "1"]);
        assert!(said.contains("The kernel shows ") && said.contains("asleep (S)"), "{said}");
        // The kernel may be built to tell nobody which call it is; then that is said.
        assert!(said.contains(call) || said.contains("by which system call, it doesn't say"), "{said}");
    }
}

#[test]
fn the_exit_code_tells_a_deadlock_from_an_end() {
    let code = |arguments: &[&str]| EXPERIMENT.run(&[&["--runs", "1"], arguments].concat()).status.code();
    for (variant, as_it_is, deadlock, finish) in
        [("opposite-order-threads", 0, 0, 1), ("one-order", 0, 1, 0), ("try-lock-lockstep", 0, 1, 1)]
    {
        assert_eq!(code(&["--variant", variant]), Some(as_it_is), "{variant}");
        assert_eq!(code(&["--variant", variant, "--expect", "deadlock"]), Some(deadlock), "{variant}");
        assert_eq!(code(&["--variant", variant, "--expect", "finish"]), Some(finish), "{variant}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn who_leaks_finishes_and_who_deadlocks_leaks_nothing() {
    let outcomes = EXPERIMENT.outcomes(&[]);
    let grown = |variant| value(&outcomes, variant, "grown").unwrap();
    assert!(grown("leaks-and-finishes") >= LEAK as f64);
    for variant in VARIANTS.iter().filter(|variant| variant.ends == Ends::Deadlocked) {
        assert!(grown(variant.name) < LEAK as f64 / 64.0, "{} grew by {}", variant.name, grown(variant.name));
    }
}

#[test]
fn a_full_pipe_was_filled_first() {
    let outcomes = EXPERIMENT.outcomes(&["--variant", "pipe-cycle-processes"]);
    assert!(value(&outcomes, "pipe-cycle-processes", "written").unwrap() >= 512.0);
}

#[test]
fn wrong_arguments_are_named_in_one_line() {
    for (arguments, names) in [
        (["--philosophers", "0"], "from 2 to 128"),
        (["--philosophers", "1"], "from 2 to 128"),
        (["--philosophers", "10000"], "from 2 to 128"),
        (["--philosophers", "-1"], "from 2 to 128"),
        (["--philosophers", "five"], "from 2 to 128"),
        (["--runs", "0"], "--runs"),
        (["--runs", "many"], "--runs"),
        (["--pace", "-1"], "--pace"),
        (["--keep-hung", "1e9"], "--keep-hung"),
        (["--expect", "luck"], "deadlock, finish"),
        (["--variant", "one-ordre"], "one-order"),
    ] {
        let said = refusal(EXPERIMENT.run(&arguments));
        assert!(said.contains(arguments[0]) && said.contains(names), "{arguments:?}: {said}");
    }
}

#[test]
fn one_variant_can_be_run_alone() {
    for variant in VARIANTS {
        let outcomes = EXPERIMENT.outcomes(&["--runs", "50", "--variant", variant.name]);
        assert!(outcomes.iter().all(|outcome| outcome.variant == variant.name), "{outcomes:?}");
    }
}

#[test]
fn for_people_it_ends_in_words() {
    let text = EXPERIMENT.text(&[]);
    assert!(VARIANTS.iter().all(|variant| text.contains(variant.name)), "{text}");
    assert!(text.trim_end().ends_with('.'), "{text}");
}

#[test]
fn help_has_examples_and_exit_codes() {
    let text = EXPERIMENT.text(&["--help"]);
    assert!(text.contains("cargo run -p deadlock") && text.contains("Exit codes"), "{text}");
}

/// The names of what each row of a group shows, of those in this category.
fn shown(events: &[Value], group: &str, category: &str) -> Vec<String> {
    let name = |event: &&Value| event["name"] == "process_name" && event["args"]["name"] == group;
    let pid = &events.iter().find(name).unwrap()["pid"];
    let mut names: Vec<String> = events
        .iter()
        .filter(|event| event["ph"] == "X" && event["pid"] == *pid && event["cat"] == category)
        .map(|event| event["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_timeline_shows_who_holds_and_who_waits() {
    let timeline = EXPERIMENT.timeline(&["--runs", "1", "--pace", "100"]);
    for group in ["opposite-order-threads", "opposite-order-processes"] {
        assert_eq!(shown(&timeline, group, "holds"), ["holds A", "holds B"]);
        assert_eq!(shown(&timeline, group, "waits"), ["waits for A", "waits for B"]);
        assert!(shown(&timeline, group, "runs").len() >= 2);
    }
    assert_eq!(shown(&timeline, "philosophers", "waits").len(), 5);
    assert_eq!(shown(&timeline, "pipe-cycle-processes", "waits").len(), 2);
    // A repair ends: everybody held both forks.
    assert_eq!(shown(&timeline, "one-order", "holds").len(), 10);
    assert_eq!(shown(&timeline, "no-lock", "holds").len(), 0);
    // What isn't a fork isn't called one: there are the forks 0 to 4, the table, and the waiter.
    assert_eq!(shown(&timeline, "one-lock", "holds"), ["holds the table"; 5]);
    assert!(shown(&timeline, "one-lock", "waits").iter().all(|name| name == "waits for the table"));
    let forks = (0..5).flat_map(|fork| [(); 2].map(|()| format!("holds fork {fork}")));
    assert_eq!(shown(&timeline, "arbitrator", "holds"), forks.collect::<Vec<_>>());
    assert!(shown(&timeline, "arbitrator", "waits").iter().all(|name| !name.contains("fork 5")));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&[]);
}

/// Whether a tool is there. Where it isn't, this says so; in CI it must be.
fn is_there(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        assert!(std::env::var_os("CI").is_none(), "install {tool}, for nothing may be left out in CI");
        eprintln!("left out: there is no {tool} here");
    }
    there
}

#[cfg(target_os = "linux")]
#[test]
fn gdb_shows_where_each_worker_hangs() {
    if !is_there("gdb") {
        return;
    }
    for variant in ["opposite-order-threads", "opposite-order-processes"] {
        let output = EXPERIMENT.run(&["--variant", variant, "--runs", "1", "--backtrace"]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}");
        let frames = said.lines().filter(|line| line.contains("take_both") && line.contains("src/lib.rs:")).count();
        assert_eq!(frames, 2, "{said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_gdb_it_says_so_and_does_the_rest() {
    let arguments = ["--variant", "self-deadlock", "--runs", "1", "--backtrace"];
    let output = EXPERIMENT.output(EXPERIMENT.command(&arguments).env("PATH", "/nowhere"));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("gdb shows nothing of process") && said.contains("can't start gdb"), "{said}");
}

#[cfg(target_os = "linux")]
mod left_behind {
    use std::fs;
    use std::os::unix::process::CommandExt;
    use std::process::Stdio;

    use super::EXPERIMENT;

    /// The processes of a group, zombies included.
    fn group(leader: u32) -> Vec<String> {
        let ids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().into_string().ok());
        ids.filter(|id| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            // The name stands in parentheses; the state, the parent and the group follow.
            let group = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(2)).map(str::to_owned);
            group == Some(leader.to_string())
        })
        .collect()
    }

    #[test]
    fn nothing_that_hung_is_left() {
        let mut experiment =
            EXPERIMENT.command(&["--runs", "100"]).stdout(Stdio::null()).process_group(0).spawn().unwrap();
        let leader = experiment.id();
        assert!(experiment.wait().unwrap().success());
        assert_eq!(group(leader), Vec::<String>::new());
    }

    #[test]
    fn a_killed_parent_takes_along_who_hangs() {
        for (variant, hanging) in
            [("opposite-order-threads", 1), ("opposite-order-processes", 2), ("pipe-cycle-processes", 2)]
        {
            let arguments = ["--variant", variant, "--runs", "1", "--keep-hung", "600"];
            EXPERIMENT.takes_its_children_along(hanging, &arguments);
        }
    }
}
