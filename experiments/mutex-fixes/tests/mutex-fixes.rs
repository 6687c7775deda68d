//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use lab::report::Outcome;
use mutex_fixes::owner_ends::CASES;
use mutex_fixes::{VARIANTS, system_calls};
use testing::{Experiment, refusal, spans};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_mutex-fixes"), Duration::from_secs(120));

fn value(outcomes: &[Outcome], metric: &str, variant: &str, parameter: &str) -> f64 {
    let is_it = |o: &&Outcome| (&o.metric[..], &o.variant[..], &o.parameter[..]) == (metric, variant, parameter);
    outcomes.iter().find(is_it).unwrap_or_else(|| panic!("{metric}/{variant}/{parameter} in {outcomes:?}")).value
}

/// In the exit code, and in the numbers.
fn nothing_is_lost(section: &str, workers: &str, increments: &str) {
    let outcomes = EXPERIMENT.outcomes(&["--section", section, "--workers", workers, "--increments", increments]);
    for variant in VARIANTS {
        let name = if section == "short" { variant.name.to_owned() } else { format!("{}-{section}", variant.name) };
        assert_eq!(value(&outcomes, "lost", &name, workers), 0.0, "{name} with {workers} workers");
    }
}

#[test]
fn every_repair_counts_every_addition_with_any_number_of_workers() {
    for workers in ["1", "2", "4", "8"] {
        for _ in 0..5 {
            nothing_is_lost("short", workers, "20000");
            nothing_is_lost("long", workers, "2000");
            nothing_is_lost("yielding", workers, "100");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    for workers in ["2", "5"] {
        nothing_is_lost("short", workers, "20000");
        nothing_is_lost("long", workers, "2000");
        nothing_is_lost("yielding", workers, "100");
    }
}

#[test]
fn a_share_of_the_time_is_waited_and_it_is_a_share() {
    let alone = EXPERIMENT.outcomes(&["--workers", "1"]);
    let together = EXPERIMENT.outcomes(&["--section", "yielding", "--workers", "3", "--increments", "1000"]);
    for variant in VARIANTS.iter().filter(|variant| variant.watch.is_some()) {
        assert_eq!(value(&alone, "share-waited", variant.name, "1"), 0.0, "{}", variant.name);
        // Whoever holds the lock yields with it, so somebody finds it taken.
        let share = value(&together, "share-waited", &format!("{}-yielding", variant.name), "3");
        assert!(share > 0.0 && share <= 100.0, "{} waited {share} %", variant.name);
    }
    let watched = alone.iter().filter(|outcome| outcome.metric == "share-waited");
    assert_eq!(watched.count(), 4, "what has no lock waits for none");
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_waits_sleeps_and_one_that_is_alone_does_not() {
    let together = EXPERIMENT.outcomes(&["--section", "yielding", "--workers", "8", "--increments", "1000"]);
    for variant in VARIANTS.iter().filter(|variant| variant.watch.is_some()) {
        assert!(value(&together, "sleeps", &format!("{}-yielding", variant.name), "8") > 0.0, "{}", variant.name);
    }
}

/// strace has to be there in CI, and to be allowed to trace. Elsewhere this says what it left out.
#[cfg(target_os = "linux")]
#[test]
fn a_lock_calls_the_kernel_when_somebody_waits_and_never_when_nobody_does() {
    if let Err(why) = system_calls::count(Path::new("/bin/true"), &[]) {
        assert!(std::env::var_os("CI").is_none(), "{why}; install what is missing, for nothing may be left out in CI");
        println!("left out, for there is no strace that can trace here: {why}");
        let output = EXPERIMENT.run(&["--system-calls"]);
        assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().starts_with("Left out: "));
        return;
    }
    let counted = EXPERIMENT.outcomes(&["--system-calls", "--workers", "3", "--increments", "1000"]);
    for variant in VARIANTS {
        let calls = |workers| value(&counted, "futex-calls", &format!("{}-yielding", variant.name), workers);
        match variant.name {
            // It has an owner besides its workers, and they wait for each other.
            "channel-threads" => assert!(calls("3") > 0.0),
            // A pool wakes its threads, few of them.
            "rayon-threads" => assert!(calls("1") < 100.0, "{} calls", calls("1")),
            name => {
                assert_eq!(calls("1"), 0.0, "{name}, nobody waits");
                assert_eq!(calls("3") > 0.0, variant.watch.is_some(), "{name} made {} calls", calls("3"));
            }
        }
    }
}

#[test]
fn without_strace_it_says_so_and_fails_not() {
    for json in [false, true] {
        let mut command = EXPERIMENT.command(&["--system-calls"]);
        command.args(json.then_some("--json")).env("PATH", "/nowhere");
        let output = EXPERIMENT.output(&mut command);
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(if json { output.stderr } else { output.stdout }).unwrap();
        assert!(said.starts_with("Left out: the count of system calls (can't start strace: "), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let missing = system_calls::count(Path::new("/no/such/program"), &[]).unwrap_err();
    assert!(missing.kind() == ErrorKind::NotFound || missing.to_string().contains("strace"), "{missing}");
}

/// Runs the count with a script in the place of strace.
fn with_strace(script: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    // A shell writes it: a child that another test forks just then would inherit a file of ours that is open for writing,
    // and such a file can't be run.
    let write = "printf '#!/bin/sh\\n%s\\n' \"$0\" >strace && chmod +x strace";
    let mut shell = Command::new("sh");
    let written = EXPERIMENT.output(shell.args(["-c", write, script]).current_dir(&folder));
    assert!(written.status.success(), "{written:?}");
    EXPERIMENT.output(EXPERIMENT.command(&["--system-calls"]).args(arguments).env("PATH", folder.path()))
}

#[test]
fn with_a_strace_that_may_not_trace_it_says_so_and_fails_not() {
    let output = with_strace("echo 'strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted' >&2; exit 1", &[]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("Left out: the count of system calls (strace ended with exit code 1: strace: ptrace("));
}

#[test]
fn with_a_strace_that_fails_it_fails_and_keeps_what_was_counted() {
    // The first variant is counted, and makes no call; what the script says of the others is no word of strace's.
    let script = "case \"$*\" in *' mutex-threads '*) exit 0;; esac; echo 'no more ptrace' >&2; exit 3";
    let output = with_strace(script, &["--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("rwlock-threads-yielding") && !said.contains("mutex-threads,"), "{said}");
    assert!(said.contains("(strace ended with exit code 3: no more ptrace)"), "{said}");
    let counted = String::from_utf8(output.stdout).unwrap();
    assert!(
        !counted.is_empty() && counted.lines().all(|line| line.contains("\"mutex-threads-yielding\"")),
        "{counted}"
    );
    let text = String::from_utf8(with_strace(script, &[]).stdout).unwrap();
    assert!(text.contains("\nmutex-threads-yielding ") && text.contains("Left out: rwlock-threads-yielding"), "{text}");
}

#[test]
fn who_comes_after_an_owner_that_ended_is_told_by_all_locks_but_two() {
    for _ in 0..20 {
        let seen = EXPERIMENT.outcomes(&["--owner-ends"]);
        for case in CASES {
            let told = case.name != "parking-lot-threads" && case.name != "plain-mutex-processes";
            assert_eq!(value(&seen, "told", case.name, "2"), f64::from(u8::from(told)), "{}", case.name);
        }
    }
    let text = EXPERIMENT.text(&["--owner-ends"]);
    let row =
        |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().collect::<String>();
    for name in ["mutex-threads", "rwlock-threads", "parking-lot-threads", "robust-mutex-processes"] {
        assert!(row(name).contains("90+090+10"), "half done, then repaired: {}", row(name));
    }
    assert!(row("plain-mutex-processes").ends_with("waitsforever"), "{text}");
}

#[test]
fn one_variant_can_be_run_alone() {
    for variant in VARIANTS {
        let outcomes = EXPERIMENT.outcomes(&["--variant", variant.name]);
        assert!(outcomes.iter().all(|outcome| outcome.variant == variant.name), "{outcomes:?}");
        assert!(!outcomes.is_empty());
    }
}

#[test]
fn for_people_it_ends_in_words() {
    for arguments in [&[][..], &["--owner-ends"], &["--section", "long"]] {
        let text = EXPERIMENT.text(arguments);
        assert!(text.contains("mutex-threads") && text.contains("robust-mutex-processes"), "{text}");
        assert!(text.trim_end().ends_with('.'), "{text}");
    }
}

#[test]
fn a_wrong_argument_gets_one_line() {
    let refused = |arguments: &[&str]| refusal(EXPERIMENT.run(arguments));
    assert!(refused(&["--section", "medium"]).contains("short, long, yielding"));
    assert!(refused(&["--increments", "99"]).contains("--increments"));
    assert!(refused(&["--increments", "10000001"]).contains("--increments"));
    assert!(refused(&["--increments", "-5"]).contains("--increments"));
    assert!(refused(&["--variant", "mutex"]).contains("mutex-threads"));
    assert!(refused(&["--owner-ends", "--system-calls"]).contains("--owner-ends"));
    assert!(refused(&["--owner-ends", "--variant", "mutex-threads"]).contains("--owner-ends"));
}

#[test]
fn help_has_examples() {
    assert!(EXPERIMENT.text(&["--help"]).contains("cargo run -p mutex-fixes"));
}

#[test]
fn a_timeline_has_the_workers_of_every_variant() {
    let timeline = EXPERIMENT.timeline(&["--workers", "3"]);
    // The channel has an owner too; the pool parts its work as it likes, and is one span.
    assert_eq!(spans(&timeline), 3 * (VARIANTS.len() - 2) + 4 + 1);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&[]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_workers_along() {
    // With a lock that many wait for, and the long work inside, this takes seconds.
    let arguments = ["--variant", "robust-mutex-processes", "--workers", "3", "--increments", "10000000"];
    EXPERIMENT.takes_its_children_along(3, &[&arguments[..], &["--section", "long"]].concat());
}
