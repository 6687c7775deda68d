//! Whatever is started is started, ends and is waited for, on any number of cores; what the system refuses is left out in
//! words; and nothing stays. No test looks at a time: what a start costs is the machine's affair.

use std::path::Path;
use std::time::Duration;

use lab::memory::room;
use lab::report::Outcome;
use spawn_cost::{Stage, VARIANTS, Variant, calls, variant};
use testing::{Experiment, refusal, spans};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spawn-cost");
const EXPERIMENT: Experiment = Experiment::new(PROGRAM, Duration::from_secs(120));

fn value(outcomes: &[Outcome], metric: &str, variant: &str, parameter: &str) -> Option<f64> {
    let is_it = |o: &&Outcome| (&o.metric[..], &o.variant[..], &o.parameter[..]) == (metric, variant, parameter);
    outcomes.iter().find(is_it).map(|outcome| outcome.value)
}

#[test]
fn every_variant_starts_as_many_as_it_is_asked_for_and_waits_for_all() {
    for variant in VARIANTS {
        let mut stage = Stage::new(2, Path::new(PROGRAM));
        for count in [1, 5, 64] {
            (variant.start)(&mut stage, count).unwrap_or_else(|error| panic!("{}, {count}: {error}", variant.name));
        }
    }
}

#[test]
fn a_program_that_is_not_there_is_told() {
    for name in ["command-libc", "pool-spawn"] {
        let mut stage = Stage::new(2, Path::new("/no/such/program"));
        assert!((variant(name).start)(&mut stage, 3).is_err(), "{name}");
    }
    assert!(calls::posix_spawn(c"/no/such/program").is_err());
    assert_eq!(calls::execute(c"/no/such/program"), calls::NOT_EXECUTED);
}

#[test]
fn workers_that_fail_are_told_and_not_waited_for() {
    // They end at once, and answer no task.
    let failing = ["/bin/false", "/usr/bin/false"].map(Path::new).into_iter().find(|path| path.exists()).unwrap();
    let mut stage = Stage::new(3, failing);
    assert!((variant("pool-spawn").start)(&mut stage, 3).is_err());
    assert!((variant("command-libc").start)(&mut stage, 3).is_err());
}

/// Every variant, but for pools where several are started at once.
fn every_variant_has_a_cost_everywhere(arguments: &[&str]) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    let is_measured = |variant: &Variant| !variant.is_whole_pool() || !arguments.contains(&"--at-once");
    let variants: Vec<Variant> = VARIANTS.into_iter().filter(is_measured).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.metric == "cost").count(), 2 * variants.len(), "{outcomes:?}");
    for variant in variants {
        for placement in ["one-core", "free"] {
            let cost = value(&outcomes, "cost", variant.name, placement);
            assert!(cost.is_some_and(|cost| cost > 0.0), "{}, {placement}: {cost:?}", variant.name);
        }
    }
}

#[test]
fn every_variant_is_measured_on_one_core_and_free() {
    every_variant_has_a_cost_everywhere(&[]);
    every_variant_has_a_cost_everywhere(&["--times", "1", "--at-once", "64", "--workers", "3", "--memory", "16"]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_is_the_same() {
    testing::on_one_core();
    every_variant_has_a_cost_everywhere(&["--times", "5", "--workers", "4", "--at-once", "7"]);
    assert_eq!(EXPERIMENT.outcomes(&["--over", "at-once", "--times", "2"]).len(), 4 * 4 * 2);
}

#[test]
fn one_variant_on_one_placement_has_one_cost() {
    for variant in VARIANTS {
        let arguments = ["--variant", variant.name, "--placement", "one-core"];
        let outcomes = EXPERIMENT.outcomes(&arguments);
        let (costs, others): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.metric == "cost");
        assert!(costs.len() == 1 && costs[0].unit == "ns", "{outcomes:?}");
        // Beside the cost of a copy stands how large the original was.
        let sizes = if cfg!(target_os = "linux") && variant.name == "fork-exit" { 3 } else { 0 };
        assert_eq!(others.len(), sizes, "{outcomes:?}");
        assert!(others.iter().all(|size| size.metric.starts_with("parent-") && size.value > 0.0), "{outcomes:?}");
        assert!(value(&outcomes, "cost", variant.name, "one-core").is_some(), "{outcomes:?}");
    }
}

/// Of the tables, a fork has to copy an entry for each page, and of huge pages there are fewer.
#[cfg(target_os = "linux")]
#[test]
fn memory_that_the_parent_has_touched_is_there_and_so_are_the_tables_for_it() {
    const MB: f64 = 1024.0 * 1024.0;
    let (arguments, mb) =
        (["--json", "--over", "memory", "--placement", "one-core", "--times", "1"], ["0", "64", "256", "1024"]);
    let output = EXPERIMENT.run(&arguments);
    let outcomes = testing::outcomes(&String::from_utf8(output.stdout).unwrap());
    let complaints = String::from_utf8(output.stderr).unwrap();
    if room().is_some_and(|room| room < 1200 << 20) {
        assert!(complaints.contains("1024 MB more don't fit"), "{complaints}");
        return;
    }
    for name in ["thread-spawn", "vfork-exit", "posix-spawn", "fork-exit", "fork-exec"] {
        assert!(mb.iter().all(|mb| value(&outcomes, "over-memory-one-core", name, mb).is_some()), "{outcomes:?}");
    }
    let of = |metric: &str, name: &str| mb.map(|mb| value(&outcomes, metric, name, mb));
    let entries = of("parent-entries", "fork-exit").map(Option::unwrap);
    let pages = |mb: &str| mb.parse::<f64>().unwrap() * MB / rustix::param::page_size() as f64;
    assert!((1..4).all(|at| entries[at] - entries[0] > 0.9 * pages(mb[at])), "{entries:?}");
    let tables = of("parent-page-tables", "fork-exit").map(Option::unwrap);
    assert!(tables.is_sorted() && tables[3] > tables[0], "{tables:?}");
    match of("parent-entries", "fork-exit-huge-pages") {
        [_, _, _, Some(huge)] => assert!(huge < entries[3] / 2.0, "{huge} {entries:?}"),
        _ => assert!(complaints.contains("gives no huge pages"), "{complaints}"),
    }
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_is_not_to_be_had_is_left_out_in_words() {
    let output = EXPERIMENT.run_within(128, &["--json", "--memory", "512", "--variant", "fork-exit"]);
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), complaints.lines().count()), (Some(1), 1), "{complaints}");
    assert!(complaints.contains("fork-exit (512 MB more don't fit into the"), "{complaints}");
    assert!(output.stdout.is_empty());
}

#[test]
fn over_a_range_a_few_variants_are_measured_and_the_others_are_refused() {
    let outcomes = EXPERIMENT.outcomes(&["--over", "at-once", "--times", "3"]);
    for name in ["thread-spawn", "pool-task", "fork-exit", "posix-spawn"] {
        for at_once in ["1", "4", "16", "64"] {
            for metric in ["at-once-one-core", "at-once-free"] {
                assert!(value(&outcomes, metric, name, at_once).is_some_and(|cost| cost > 0.0), "{outcomes:?}");
            }
        }
    }
    let said = refusal(EXPERIMENT.run(&["--over", "memory", "--variant", "pool-spawn"]));
    assert!(said.contains("thread-spawn, vfork-exit, posix-spawn, fork-exit, fork-exec"), "{said}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let wrong: [&[&str]; 13] = [
        &["--at-once", "0"],
        &["--at-once", "10000"],
        &["--memory", "4097"],
        &["--times", "0"],
        &["--placement", "two-cores"],
        &["--over", "memory", "--memory", "64"],
        &["--over", "at-once", "--at-once", "2"],
        &["--huge-pages", "--memory"],
        &["--system-calls", "--times", "3"],
        &["--over", "memory", "--huge-pages"],
        &["--huge-pages", "--memory", "0"],
        &["--at-once", "2", "--variant", "pool-fork"],
        &["--at-once", "64", "--variant", "pool-spawn"],
    ];
    for arguments in wrong {
        let said = refusal(EXPERIMENT.run(arguments));
        assert!(arguments.iter().any(|word| said.contains(word)), "{arguments:?}: {said}");
    }
}

/// Where there is no strace it says so, and that is no failure.
#[test]
fn a_command_shares_its_parents_memory_and_with_pre_exec_it_is_a_copy() {
    let told = EXPERIMENT.run(&["--system-calls", "--json"]);
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let complaints = String::from_utf8(told.stderr).unwrap();
    if complaints.contains("the count of system calls") {
        return;
    }
    let outcomes = testing::outcomes(&String::from_utf8(told.stdout).unwrap());
    let shares = |name: &str| value(&outcomes, "shares-memory", name, "1").unwrap();
    for name in ["thread-spawn", "pthread-create", "vfork-exit", "exec-bare"] {
        assert_eq!(shares(name), 1.0, "{name}");
    }
    for name in ["fork-exit", "fork-exec", "command-pre-exec", "pool-fork", "pool-task"] {
        assert_eq!(shares(name), 0.0, "{name}");
    }
    let calls = |name: &str| value(&outcomes, "calls-of-the-new", name, "1").unwrap();
    assert!(calls("thread-spawn") > calls("pthread-create"), "{outcomes:?}");
    // What the tiny program does itself: execve and exit.
    assert_eq!(calls("exec-bare"), 2.0);
}

#[test]
fn for_people_it_ends_in_words() {
    let text = EXPERIMENT.words(&["--times", "3"]);
    assert!(VARIANTS.iter().all(|variant| text.contains(variant.name)), "{text}");
    assert!(text.contains("times as long as a thread") && text.ends_with('.'), "{text}");
    let text = EXPERIMENT.words(&["--times", "3", "--at-once", "4"]);
    assert!(text.contains("Not in the table: pool-fork and pool-spawn."), "{text}");
    let text = EXPERIMENT.words(&["--help"]);
    assert!(text.contains("cargo run -p spawn-cost") && !text.contains("--here"), "{text}");
}

#[test]
fn a_timeline_has_every_start() {
    let timeline = EXPERIMENT.timeline(&["--times", "4"]);
    assert_eq!(spans(&timeline), 4 * 2 * VARIANTS.len());
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&["--times", "3"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_the_process_that_measures_along() {
    let arguments = ["--variant", "thread-spawn", "--at-once", "64", "--times", "1000"];
    EXPERIMENT.takes_its_children_along(1, &arguments);
}

/// A pool's workers are children of the process that measures, and wait for tasks; when it dies, they read the end of them.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_leaves_no_worker_of_a_pool() {
    use rustix::io::Errno;
    use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};
    // Whoever's parent dies is handed to this process.
    set_child_subreaper(Some(getpid())).unwrap();
    for name in ["pool-fork", "pool-spawn"] {
        let arguments = ["--variant", name, "--workers", "16", "--times", "1000"];
        let mut parent = EXPERIMENT.command(&arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        let children = |of: i32| -> Vec<i32> {
            let children = std::fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
            children.split_whitespace().map(|child| child.parse().unwrap()).collect()
        };
        let workers = loop {
            let of_parent = children(parent.id().cast_signed());
            let workers = of_parent.first().map(|measures| children(*measures)).unwrap_or_default();
            if workers.len() >= 4 {
                break workers;
            }
            assert!(std::time::Instant::now() < deadline, "no workers are started");
        };
        kill_process(Pid::from_child(&parent), Signal::KILL).unwrap();
        parent.wait().unwrap();
        for worker in workers {
            // It is a child of this process once its parent has ended. Some had ended before, and their parent has reaped them.
            loop {
                match waitpid(Pid::from_raw(worker), WaitOptions::NOHANG) {
                    Ok(Some(_)) => break,
                    Err(Errno::CHILD) if !Path::new(&format!("/proc/{worker}")).exists() => break,
                    Ok(None) | Err(Errno::CHILD) => std::thread::yield_now(),
                    Err(error) => panic!("{error}"),
                }
                assert!(std::time::Instant::now() < deadline, "worker {worker} was left behind");
            }
        }
    }
}
