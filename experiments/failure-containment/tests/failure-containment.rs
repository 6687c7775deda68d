//! Who is to survive does, and nobody else; every job that can be done is done once; and nothing is left, whatever is done to
//! the experiment. No test looks at a time.

use std::time::Duration;

use failure_containment::endings::WAYS;
use failure_containment::supervisor::SUPERVISORS;
use failure_containment::{VARIANTS, Variant};
use lab::report::Outcome;
use testing::{Experiment, refusal};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_failure-containment"), Duration::from_secs(120));

fn value(outcomes: &[Outcome], variant: &str, metric: &str) -> Option<f64> {
    outcomes.iter().find(|outcome| outcome.variant == variant && outcome.metric == metric).map(|outcome| outcome.value)
}

/// What has to be seen of a failure: who survives, and what is left.
fn is_contained(outcomes: &[Outcome], variant: &Variant) {
    let of =
        |metric: &str| value(outcomes, variant.name, metric).unwrap_or_else(|| panic!("no {metric}: {outcomes:?}"));
    let (is_panic, is_process) = (variant.name.starts_with("panic"), variant.name.ends_with("-process"));
    let survives = f64::from(u8::from(is_panic || is_process));
    assert_eq!((of("main-survives"), of("bystander-survives")), (survives, survives), "{}", variant.name);
    let dies = f64::from(u8::from(!is_panic));
    for left in ["owner-died", "stuck", "orphan", "files-left"] {
        assert_eq!(of(left), dies, "{} {left}", variant.name);
    }
    assert_eq!(of("poisoned"), f64::from(u8::from(is_panic && !is_process)), "{}", variant.name);
    assert_eq!((of("half-done"), of("tied-orphan")), (1.0, 0.0), "{}", variant.name);
    let zombie = value(outcomes, variant.name, "zombie");
    assert_eq!(zombie, is_process.then_some(1.0), "{}", variant.name);
}

fn all_is_as_it_should_be(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    for variant in VARIANTS {
        is_contained(&outcomes, &variant);
    }
    for way in WAYS {
        let listened = value(&outcomes, way.name, "listened");
        assert_eq!(listened, Some(if way.listens { 100.0 } else { 0.0 }), "{}", way.name);
        assert!(value(&outcomes, way.name, "to-end").unwrap() > 0.0, "{}", way.name);
    }
    let of = |name: &str| {
        ["jobs", "done", "given-up", "begun", "crashes", "restarts"]
            .map(|metric| value(&outcomes, name, metric).unwrap())
    };
    assert_eq!(of("supervised-processes"), [100.0, 100.0, 0.0, 113.0, 13.0, 13.0]);
    let [jobs, done, given_up, begun, crashes, _] = of("poison-job");
    assert_eq!([jobs, done, given_up, begun, crashes], [100.0, 99.0, 1.0, 114.0, 15.0]);
    let [jobs, done, ..] = of("supervised-threads");
    assert!(done < jobs, "{done} of {jobs}");
}

#[test]
fn failures_end_whom_they_must_and_nobody_else() {
    all_is_as_it_should_be(&[]);
    all_is_as_it_should_be(&["--workers", "1", "--job-time", "0"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    all_is_as_it_should_be(&[]);
}

#[test]
fn no_job_is_lost_whatever_their_number_and_whoever_crashes() {
    for (jobs, seed) in [("1", "0"), ("2", "5"), ("9", "3"), ("77", "18446744073709551615"), ("1000", "2")] {
        let count: f64 = jobs.parse().unwrap();
        let common = ["--jobs", jobs, "--seed", seed, "--job-time", "0", "--workers", "7"];
        for (supervisor, poisoned) in [("supervised-processes", 0.0), ("poison-job", 1.0)] {
            let outcomes = EXPERIMENT.outcomes(&[&["--variant", supervisor], &common[..]].concat());
            let of = |metric: &str| value(&outcomes, supervisor, metric).unwrap();
            assert_eq!((of("done"), of("given-up")), (count - poisoned, poisoned), "{supervisor} {jobs}");
            assert_eq!(of("crashes"), (count / 8.0).ceil() + 2.0 * poisoned, "{supervisor} {jobs}");
            assert_eq!(of("begun"), of("done") + of("crashes"), "{supervisor} {jobs}");
        }
    }
}

/// A thread that panics is started again, and its job is done; so with nothing worse threads lose no job either.
#[test]
fn threads_survive_panics_and_nothing_else() {
    for (jobs, settled) in [("8", true), ("16", false)] {
        let outcomes = EXPERIMENT.outcomes(&["--variant", "supervised-threads", "--jobs", jobs]);
        let of = |metric: &str| value(&outcomes, "supervised-threads", metric).unwrap();
        assert_eq!(of("done") == of("jobs"), settled, "{outcomes:?}");
        assert!(of("crashes") >= 1.0, "{outcomes:?}");
    }
}

#[test]
fn one_variant_can_be_run_alone() {
    let names = VARIANTS.iter().map(|variant| variant.name).chain(WAYS.iter().map(|way| way.name));
    for name in names.chain(SUPERVISORS.iter().map(|supervisor| supervisor.name)) {
        let outcomes = EXPERIMENT.outcomes(&["--variant", name, "--rounds", "1"]);
        assert!(!outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.variant == name), "{outcomes:?}");
    }
}

#[test]
fn for_people_it_ends_in_words() {
    let text = EXPERIMENT.words(&[]);
    assert!(VARIANTS.iter().all(|variant| text.contains(variant.name)), "{text}");
    assert!(text.contains("has overflowed its stack") && text.contains("memory allocation of"), "{text}");
    assert!(text.contains("A thread's failure is its own only if it is a panic."), "{text}");
    assert!(!text.contains("NOT as it should be"), "{text}");
}

#[test]
fn help_has_examples() {
    let text = EXPERIMENT.words(&["--help"]);
    assert!(text.contains("cargo run -p failure-containment") && text.contains("[default: 4]"), "{text}");
}

#[test]
fn wrong_numbers_are_told_the_range() {
    for (flag, value, says) in [
        ("--rounds", "0", "from 1 to 10000"),
        ("--jobs", "1001", "from 1 to 1000"),
        ("--job-time", "-1", "from 0 to 1000000"),
        ("--seed", "x", "from 0 to 18446744073709551615"),
        ("--keep", "21", "from 0 to 20"),
    ] {
        let said = refusal(EXPERIMENT.run(&[flag, value]));
        assert!(said.contains(flag) && said.contains(says), "{said}");
    }
}

#[test]
fn what_is_a_time_alone_has_no_timeline() {
    let said = refusal(EXPERIMENT.run(&["--variant", "sigterm", "--trace", "trace.json"]));
    assert!(said.contains("--variant sigterm") && said.contains("leave --trace out"), "{said}");
}

#[test]
fn a_timeline_has_every_job_and_every_crash() {
    let timeline = EXPERIMENT.timeline(&["--variant", "supervised-processes", "--jobs", "24", "--workers", "3"]);
    let of = |words: &str| {
        timeline.iter().filter(|event| event["ph"] == "X" && event["name"].as_str().unwrap().contains(words)).count()
    };
    assert_eq!(of("job"), 24 + 3, "{timeline:?}");
    assert_eq!(
        (of("exits with 101 at job"), of("dies by signal 6"), of("dies by signal 9")),
        (1, 1, 1),
        "{timeline:?}"
    );
    assert_eq!(of("is started again"), 3, "{timeline:?}");
}

/// Who survives lives on after the victim has failed, and nobody else.
#[test]
fn a_timeline_shows_who_outlives_the_victim() {
    for (variant, outlives) in [("abort-thread", false), ("panic-thread", true), ("abort-process", true)] {
        let timeline = EXPERIMENT.timeline(&["--variant", variant]);
        let row = |name: &str| {
            let row = timeline.iter().find(|event| event["args"]["name"] == name).unwrap();
            let last = timeline.iter().rfind(|event| event["ph"] == "X" && event["tid"] == row["tid"]).unwrap();
            (last["ts"].as_f64().unwrap(), last["ts"].as_f64().unwrap() + last["dur"].as_f64().unwrap())
        };
        // Threads that end together with their process may do a last step each; main's end is noticed after all of them.
        let last = row("main").1;
        assert!(row("bystander").1 <= last && row("victim").0 <= last, "{variant}: {timeline:?}");
        assert!(!outlives || row("bystander").1 > row("victim").1, "{variant}: {timeline:?}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&[]);
}

#[cfg(target_os = "linux")]
mod left_behind {
    use std::fs;
    use std::path::Path;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use rustix::io::Errno;
    use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};

    use super::{EXPERIMENT, VARIANTS, value};

    fn is_empty(folder: &Path) -> bool {
        fs::read_dir(folder).unwrap().next().is_none()
    }

    /// All processes below this one, by their parents in /proc.
    fn descendants(of: i32) -> Vec<i32> {
        let children = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
        let children: Vec<i32> = children.split_whitespace().map(|child| child.parse().unwrap()).collect();
        let theirs = children.iter().flat_map(|child| descendants(*child));
        children.iter().copied().chain(theirs).collect()
    }

    #[test]
    fn no_file_is_left_by_a_whole_run() {
        let folder = tempfile::tempdir().unwrap();
        let output = EXPERIMENT.output(EXPERIMENT.command(&["--json"]).env("TMPDIR", folder.path()));
        assert!(output.status.success(), "{output:?}");
        assert!(is_empty(folder.path()));
    }

    /// Killed while there are a zombie, an orphan, and files that the victim has left: all of them end with the experiment, and
    /// none by running on to its end.
    #[test]
    fn a_killed_experiment_takes_everything_along() {
        set_child_subreaper(Some(getpid())).unwrap();
        for (variant, there_are) in [("abort-process", 6), ("abort-thread", 3), ("supervised-processes", 5)] {
            for signal in [Signal::KILL, Signal::TERM, Signal::INT] {
                let folder = tempfile::tempdir().unwrap();
                let arguments = ["--variant", variant, "--keep", "20", "--job-time", "1000000"];
                let mut command = EXPERIMENT.command(&arguments);
                let mut experiment =
                    command.env("TMPDIR", folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
                let (id, deadline) = (Pid::from_child(&experiment), Instant::now() + Duration::from_secs(30));
                let number = id.as_raw_nonzero().get();
                // The keeper, main, the victim, its two children, the bystander; or the keeper and four workers. When a thread
                // aborts, main and the child that is to outlive it are left besides the keeper; the other one may be a zombie.
                let mut all = descendants(number);
                while all.len() < there_are {
                    assert!(Instant::now() < deadline, "{variant}: {all:?}");
                    std::thread::yield_now();
                    all = descendants(number);
                }
                kill_process(id, signal).unwrap();
                experiment.wait().unwrap();
                for each in all {
                    let process = Pid::from_raw(each).unwrap();
                    loop {
                        // It is handed over to this process when those between them have ended, unless one has reaped it before.
                        match waitpid(Some(process), WaitOptions::NOHANG) {
                            Err(Errno::CHILD) if !Path::new(&format!("/proc/{each}")).exists() => break,
                            Ok(Some((_, status))) => {
                                // A worker may see its supervisor's pipe closed before it is killed, and exits.
                                let ran_on = status.exit_status().is_some() && variant.starts_with("abort");
                                assert!(!ran_on, "{variant}: process {each} ran on to its end");
                                break;
                            }
                            _ => std::thread::sleep(Duration::from_millis(1)),
                        }
                        assert!(Instant::now() < deadline, "{variant}: process {each} is left");
                    }
                }
                assert!(is_empty(folder.path()), "{variant}: files are left");
            }
        }
    }

    #[test]
    fn with_few_processes_or_files_the_supervisor_makes_do_with_the_workers_that_it_gets() {
        let limited = format!("ulimit -n 16 && exec {} \"$@\"", env!("CARGO_BIN_EXE_failure-containment"));
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &limited, "sh", "--json", "--variant", "supervised-processes", "--workers", "32"]);
        let output = EXPERIMENT.output(&mut command);
        assert!(output.status.success(), "{output:?}");
        let outcomes = testing::outcomes(&String::from_utf8(output.stdout).unwrap());
        assert_eq!(value(&outcomes, "supervised-processes", "done"), Some(100.0));
    }

    /// No stack of a thread may be larger than all addresses. A supervisor that the system refuses its threads isn't shown as
    /// one that a crash has ended.
    #[test]
    fn a_thread_that_the_system_refuses_is_no_crash() {
        let limited = format!("ulimit -v 4000000 && exec {} \"$@\"", env!("CARGO_BIN_EXE_failure-containment"));
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &limited, "sh", "--json", "--variant", "supervised-threads"]);
        let output = EXPERIMENT.output(command.env("RUST_MIN_STACK", (16_u64 << 30).to_string()));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(1), &b""[..]), "{said}");
        assert!(said.contains("left out: supervised-threads"), "{said}");
    }

    #[test]
    fn what_is_inherited_keeps_nobody_from_ending() {
        for before in ["trap '' TERM ALRM", "ulimit -s unlimited"] {
            let inheriting = format!("{before} && exec {} \"$@\"", env!("CARGO_BIN_EXE_failure-containment"));
            for variant in ["sigterm", "stack-overflow-process"] {
                let mut command = std::process::Command::new("sh");
                command.args(["-c", &inheriting, "sh", "--json", "--rounds", "1", "--variant", variant]);
                let output = EXPERIMENT.output(&mut command);
                assert!(output.status.success(), "{before}, {variant}: {output:?}");
            }
        }
    }

    #[test]
    fn without_a_place_for_files_the_rest_is_shown() {
        let output = EXPERIMENT.output(EXPERIMENT.command(&["--json"]).env("TMPDIR", "/nowhere"));
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("left out: temporary files") && said.contains("/nowhere"), "{said}");
        let outcomes = testing::outcomes(&String::from_utf8(output.stdout).unwrap());
        for variant in VARIANTS {
            assert!(
                value(&outcomes, variant.name, "stuck").is_some()
                    && value(&outcomes, variant.name, "files-left").is_none()
            );
        }
    }
}
