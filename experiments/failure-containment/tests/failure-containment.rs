//! Everybody survives who should, and nobody else; every job that can be done has one result; and nothing is left, even if the
//! experiment is killed. No test looks at a time.

use std::time::Duration;

use failure_containment::endings::WAYS;
use lab::report::Outcome;
use serde_json::Value;
use testing::Experiment;

const EXPERIMENT: Experiment = Experiment::new(
    env!("CARGO_BIN_EXE_failure-containment"),
    Duration::from_secs(120),
);

const FAILURES: [&str; 8] = [
    "panic",
    "abort",
    "segfault",
    "stack-overflow",
    "no-memory",
    "exit",
    "kill",
    "hang",
];

fn value(outcomes: &[Outcome], variant: &str, metric: &str) -> Option<f64> {
    outcomes
        .iter()
        .find(|outcome| outcome.variant == variant && outcome.metric == metric)
        .map(|outcome| outcome.value)
}

/// For each failure: which workers survive, and what is left.
fn all_is_as_it_should_be() {
    let outcomes = EXPERIMENT.outcomes(&[]);
    let number = |is: bool| Some(f64::from(u8::from(is)));
    for (failure, place) in FAILURES
        .iter()
        .flat_map(|failure| [(failure, "thread"), (failure, "process")])
    {
        let (variant, is_panic, is_process) =
            (format!("{failure}-{place}"), *failure == "panic", place == "process");
        let of = |metric| value(&outcomes, &variant, metric);
        let main = is_panic || is_process;
        assert_eq!(of("main-survives"), number(main), "{variant}");
        assert_eq!(
            of("bystander-survives"),
            number(main || *failure == "hang"),
            "{variant}"
        );
        assert_eq!(
            ["owner-died", "stuck", "orphan", "files-left"].map(of),
            [number(!is_panic); 4],
            "{variant}"
        );
        assert_eq!(of("poisoned"), number(is_panic && !is_process), "{variant}");
        assert_eq!(
            ["half-done", "tied-orphan"].map(of),
            [Some(1.0), Some(0.0)],
            "{variant}"
        );
        assert_eq!(of("zombie"), is_process.then_some(1.0), "{variant}");
    }
    let outcomes = EXPERIMENT.outcomes(&["ending", "--rounds", "3"]);
    for way in WAYS {
        let listened = value(&outcomes, way.name, "listened");
        assert_eq!(
            listened,
            Some(if way.listens { 100.0 } else { 0.0 }),
            "{}",
            way.name
        );
        assert!(
            value(&outcomes, way.name, "to-end").unwrap() > 0.0,
            "{}",
            way.name
        );
    }
    for (jobs, more) in [
        ("8", "--seed 0 --workers 7"),
        ("100", "--workers 1"),
        ("400", "--seed 18446744073709551615"),
    ] {
        let arguments = format!("supervisors --job-time 0 --jobs {jobs} {more}");
        let outcomes =
            EXPERIMENT.outcomes(&arguments.split(' ').collect::<Vec<_>>());
        let count: f64 = jobs.parse().unwrap();
        let (failing, all) = (
            (count / 8.0).ceil(),
            ["supervised-processes", "poison-job", "hanging-job"],
        );
        for (supervisor, poisoned, hanging) in
            [(all[0], 0.0, 0.0), (all[1], 1.0, 0.0), (all[2], 1.0, 3.0)]
        {
            let of = |metric: &str| value(&outcomes, supervisor, metric).unwrap();
            assert_eq!(
                ["done", "given-up"].map(of),
                [count - poisoned, poisoned],
                "{arguments}: {supervisor}"
            );
            // A try that was begun and isn't done was lost, even if the machine only held the worker up for too long.
            let lost = of("crashes") + of("hangs");
            assert_eq!(of("begun") - lost, of("done"), "{arguments}: {supervisor}");
            assert!(lost >= failing + 2.0 * poisoned, "{arguments}: {supervisor}");
            assert!(
                of("hangs") >= (failing / 5.0).floor() + hanging,
                "{arguments}: {supervisor}"
            );
        }
        // The first failure is a panic, and threads survive no other failure.
        assert_eq!(
            value(&outcomes, "supervised-threads", "done") == Some(count),
            count <= 8.0,
            "{arguments}"
        );
    }
}

#[test]
fn failures_end_whom_they_must_and_no_job_is_lost_on_one_core_too() {
    all_is_as_it_should_be();
    #[cfg(target_os = "linux")]
    testing::on_one_core();
    all_is_as_it_should_be();
}

/// With few files the supervisor makes do with the workers that it gets. If it is refused threads, that doesn't look like a
/// crash. Inherited settings of signals keep nothing from ending.
#[cfg(target_os = "linux")]
#[test]
fn what_the_system_takes_away_is_told_from_a_failure() {
    // No stack may be larger than all addresses.
    let no_threads = "export RUST_MIN_STACK=17179869184; ulimit -v 4000000";
    for (before, arguments, code, says) in [
        (
            "ulimit -n 16",
            "supervisors --variant supervised-processes --workers 32",
            0,
            "done 100",
        ),
        (no_threads, "supervisors --variant supervised-threads", 1, "threads ("),
        (
            "trap '' TERM ALRM",
            "ending --rounds 1 --variant sigterm",
            0,
            "listened 100",
        ),
        ("trap '' PIPE", "--variant sigpipe-default", 0, "bystander-survives 0"),
        ("trap - PIPE", "--variant sigpipe-ignored", 0, "bystander-survives 1"),
        // SIGTERM ended the processes once they went on.
        (
            "trap '' CONT",
            "ending --rounds 1 --variant sigterm-stopped",
            0,
            "killed 0",
        ),
        ("ulimit -s unlimited", "--variant stack-overflow-process", 0, "stuck 1"),
        (
            "export TMPDIR=/nowhere",
            "--variant kill-process",
            0,
            "temporary files (can't make /nowhere/",
        ),
    ] {
        let script = format!("{before} && exec \"$0\" {arguments} --json");
        let program = env!("CARGO_BIN_EXE_failure-containment");
        let output = EXPERIMENT.output(
            std::process::Command::new("sh").args(["-c", &script, program]),
        );
        let outcomes =
            testing::outcomes(&String::from_utf8(output.stdout).unwrap());
        let mut said = String::from_utf8(output.stderr).unwrap();
        said.extend(
            outcomes
                .iter()
                .map(|outcome| format!("{} {}\n", outcome.metric, outcome.value)),
        );
        assert!(
            output.status.code() == Some(code) && said.contains(says),
            "{before}: {said}"
        );
        assert_eq!(outcomes.is_empty(), code == 1, "{before}: {said}");
    }
}

#[test]
fn timelines_show_what_outlives_the_victim_and_every_job_and_crash() {
    for (variant, outlives) in [("abort-thread", false), ("abort-process", true)] {
        let timeline = EXPERIMENT.timeline(&["--variant", variant]);
        let ends = |name: &str| {
            let row = &timeline
                .iter()
                .find(|event| event["args"]["name"] == name)
                .unwrap()["tid"];
            let last = timeline
                .iter()
                .rfind(|event| event["ph"] == "X" && event["tid"] == *row)
                .unwrap();
            last["ts"].as_f64().unwrap() + last["dur"].as_f64().unwrap()
        };
        assert!(ends("bystander") <= ends("main"), "{variant}: {timeline:?}");
        assert!(
            !outlives || ends("bystander") > ends("victim"),
            "{variant}: {timeline:?}"
        );
    }
    let timeline = EXPERIMENT.timeline(&[
        "supervisors",
        "--variant",
        "supervised-processes",
        "--jobs",
        "24",
    ]);
    let spans: Vec<&Value> =
        timeline.iter().filter(|event| event["ph"] == "X").collect();
    let of = |words| {
        spans
            .iter()
            .filter(|event| event["name"].as_str().unwrap().contains(words))
            .count()
    };
    for (words, least) in [
        ("job", 24 + 3),
        ("exit 101 at job", 1),
        ("SIGABRT at", 1),
        ("SIGKILL at", 1),
        ("is started again", 3),
    ] {
        assert!(of(words) >= least, "{words}: {timeline:?}");
    }
}

/// The experiment is killed while there are a zombie, an orphan, and files that the victim has left. All of them end with it,
/// and none by running on to its own end.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_experiment_takes_everything_along() {
    use rustix::process::Signal;
    let folder = tempfile::tempdir().unwrap();
    let is_empty = || std::fs::read_dir(folder.path()).unwrap().next().is_none();
    for signal in [Signal::KILL, Signal::TERM, Signal::INT] {
        // How many processes there are. First the keeper, main, the victim, its two children, and the bystander. When a
        // thread aborts, the keeper, main and the orphan are left, and the other child may be a zombie. Then there are four
        // workers, or one that is stopped. Some may exit before they are killed: a victim that no longer finds its folder,
        // and workers that see their pipe closed.
        for (processes, may_exit, arguments) in [
            (6, 1, "--variant abort-process --keep 20"),
            (3, 0, "--variant abort-thread --keep 20"),
            (4, 4, "supervisors --variant supervised-processes --job-time 1000000"),
            (1, 0, "ending --variant sigkill-stopped --rounds 10000"),
            (1, 1, "supervisors --variant hanging-job --jobs 1"),
        ] {
            let mut command =
                EXPERIMENT.command(&arguments.split(' ').collect::<Vec<_>>());
            let ended = EXPERIMENT.end_with_it(
                signal,
                command.env("TMPDIR", folder.path()),
                processes,
            );
            let exits = ended
                .iter()
                .filter(|status| status.exit_status().is_some())
                .count();
            assert!(exits <= may_exit, "{arguments}: {ended:?}");
            assert!(is_empty(), "{arguments}: files are left");
        }
    }
    let output = EXPERIMENT
        .output(EXPERIMENT.command(&["--json"]).env("TMPDIR", folder.path()));
    assert!(output.status.success() && is_empty(), "{output:?}");
}
