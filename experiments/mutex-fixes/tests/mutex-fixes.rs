//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use lab::process;
use lab::report::Outcome;
use mutex_fixes::owner_ends::CASES;
use mutex_fixes::{VARIANTS, system_calls};

const LIMIT: Duration = Duration::from_secs(120);
const PROGRAM: &str = env!("CARGO_BIN_EXE_mutex-fixes");

fn experiment(arguments: &[&str]) -> Output {
    process::output(Command::new(PROGRAM).args(arguments), LIMIT).unwrap()
}

fn outcomes(arguments: &[&str]) -> Vec<Outcome> {
    let output = experiment(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn value(outcomes: &[Outcome], metric: &str, variant: &str, parameter: &str) -> f64 {
    let is_it = |o: &&Outcome| (&o.metric[..], &o.variant[..], &o.parameter[..]) == (metric, variant, parameter);
    outcomes.iter().find(is_it).unwrap_or_else(|| panic!("{metric}/{variant}/{parameter} in {outcomes:?}")).value
}

fn refused(arguments: &[&str]) -> String {
    let output = experiment(arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
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

/// In the exit code, and in the numbers.
fn nothing_is_lost(section: &str, workers: &str, increments: &str) {
    let outcomes = outcomes(&["--json", "--section", section, "--workers", workers, "--increments", increments]);
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
    on_one_core();
    for workers in ["2", "5"] {
        nothing_is_lost("short", workers, "20000");
        nothing_is_lost("long", workers, "2000");
        nothing_is_lost("yielding", workers, "100");
    }
}

#[test]
fn a_share_of_the_time_is_waited_and_it_is_a_share() {
    let alone = outcomes(&["--json", "--workers", "1"]);
    let together = outcomes(&["--json", "--section", "yielding", "--workers", "3", "--increments", "1000"]);
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
    let together = outcomes(&["--json", "--section", "yielding", "--workers", "8", "--increments", "1000"]);
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
        let output = experiment(&["--system-calls"]);
        assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().starts_with("Left out: "));
        return;
    }
    let counted = outcomes(&["--json", "--system-calls", "--workers", "3", "--increments", "1000"]);
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
        let mut command = Command::new(PROGRAM);
        command.arg("--system-calls").args(json.then_some("--json")).env("PATH", "/nowhere");
        let output = process::output(&mut command, LIMIT).unwrap();
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
    let written = process::output(shell.args(["-c", write, script]).current_dir(&folder), LIMIT).unwrap();
    assert!(written.status.success(), "{written:?}");
    let mut command = Command::new(PROGRAM);
    process::output(command.arg("--system-calls").args(arguments).env("PATH", folder.path()), LIMIT).unwrap()
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
    assert!(said.contains("rwlock-threads-yielding (strace ended with exit code 3: no more ptrace)"), "{said}");
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
        let seen = outcomes(&["--json", "--owner-ends"]);
        for case in CASES {
            let told = case.name != "parking-lot-threads" && case.name != "plain-mutex-processes";
            assert_eq!(value(&seen, "told", case.name, "2"), f64::from(u8::from(told)), "{}", case.name);
        }
    }
    let text = String::from_utf8(experiment(&["--owner-ends"]).stdout).unwrap();
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
        let outcomes = outcomes(&["--json", "--variant", variant.name]);
        assert!(outcomes.iter().all(|outcome| outcome.variant == variant.name), "{outcomes:?}");
        assert!(!outcomes.is_empty());
    }
}

#[test]
fn for_people_it_ends_in_words() {
    for arguments in [&[][..], &["--owner-ends"], &["--section", "long"]] {
        let text = String::from_utf8(experiment(arguments).stdout).unwrap();
        assert!(text.contains("mutex-threads") && text.contains("robust-mutex-processes"), "{text}");
        assert!(text.trim_end().ends_with('.'), "{text}");
    }
}

#[test]
fn a_wrong_argument_gets_one_line() {
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
    let output = experiment(&["--help"]);
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("cargo run -p mutex-fixes"));
}

#[test]
fn a_timeline_has_the_workers_of_every_variant() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    assert!(experiment(&["--workers", "3", "--trace", file.to_str().unwrap()]).status.success());
    let trace: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let spans = trace["traceEvents"].as_array().unwrap().iter().filter(|event| event["ph"] == "X");
    // The channel has an owner too; the pool parts its work as it likes, and is one span.
    assert_eq!(spans.count(), 3 * (VARIANTS.len() - 2) + 4 + 1);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let mut child = Command::new(PROGRAM).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
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

    use super::{LIMIT, PROGRAM};

    /// Whoever's parent dies is handed to this process, so that it can tell that they ended, and reap them.
    #[test]
    fn a_killed_parent_takes_its_workers_along() {
        set_child_subreaper(Some(rustix::process::getpid())).unwrap();
        for signal in [Signal::KILL, Signal::TERM, Signal::INT] {
            // With a lock that many wait for, and the long work inside, this takes seconds.
            let arguments = ["--variant", "robust-mutex-processes", "--workers", "3", "--increments", "10000000"];
            let mut parent = Command::new(PROGRAM)
                .args(arguments)
                .args(["--section", "long"])
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
                // This returns when the worker has ended; were it left running, it would exit with 0.
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
