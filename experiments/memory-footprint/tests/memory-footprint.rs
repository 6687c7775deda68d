//! What the kernel counts exactly, it counts alike on any number of cores; what can't be had is left out in words; and nobody
//! is left behind. No test looks at how much memory the machine has left: everybody takes from it.

use std::time::Duration;

use lab::report::Outcome;
use testing::{Experiment, refusal};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_memory-footprint"), Duration::from_secs(120));

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * KIB;
const EACH: [&str; 3] = ["threads", "processes", "processes-exec"];
const STACKS: [&str; 2] = ["stack-untouched", "stack-touched"];

/// The one value of this metric of this variant at this parameter.
fn value(outcomes: &[Outcome], metric: &str, variant: &str, parameter: usize) -> f64 {
    let is_it = |outcome: &&Outcome| {
        outcome.metric == metric && outcome.variant == variant && outcome.parameter == parameter.to_string()
    };
    let found: Vec<&Outcome> = outcomes.iter().filter(is_it).collect();
    assert_eq!(found.len(), 1, "{metric}/{variant}/{parameter}: {found:?}");
    assert_eq!(found[0].unit, "bytes");
    found[0].value
}

fn costs_are_as_they_must_be(arguments: &[&str], threads: usize, processes: usize) {
    let outcomes = EXPERIMENT.outcomes(arguments);
    let each = |metric: &str, variant: &str| {
        let most = if variant == "threads" { threads } else { processes };
        value(&outcomes, &format!("{metric}-each"), variant, most)
    };
    for variant in EACH {
        let parts = ["pss", "page-tables", "kernel-stack", "slab"].map(|part| each(part, variant)).iter().sum::<f64>();
        assert!((each("all", variant) - parts).abs() < 1.0, "{variant}");
        assert!(each("rss", variant) < each("virtual", variant), "{variant}");
        assert!(each("available", variant).is_finite(), "{variant}");
    }
    // Address space for a stack, of which few pages are touched.
    assert!(each("virtual", "threads") >= 8.0 * MIB);
    assert!((4.0 * KIB..64.0 * KIB).contains(&each("rss", "threads")));
    // What a process maps for itself is more than what a thread touches; and most of what it maps, it shares.
    assert!(each("pss", "processes") > each("pss", "threads"));
    assert!(each("page-tables", "processes") > each("page-tables", "threads"));
    assert!(each("rss", "processes") > 2.0 * each("pss", "processes"));
    // A program that starts anew shares nothing that it has written.
    assert!(each("pss", "processes-exec") > each("pss", "processes"));
    for variant in ["processes", "processes-exec"] {
        let at = |metric, n| value(&outcomes, metric, variant, n);
        assert!(at("rss", 10) > 5.0 * at("rss", 1) && at("pss", 10) < at("rss", 10) / 2.0, "{variant}");
        assert!(at("virtual", 10) > at("rss", 10) && at("all", 10).is_finite(), "{variant}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn costs_are_as_they_must_be_by_default() {
    costs_are_as_they_must_be(&[], 1000, 200);
}

#[cfg(target_os = "linux")]
#[test]
fn costs_are_as_they_must_be_on_one_core() {
    testing::on_one_core();
    costs_are_as_they_must_be(&["--rounds", "1", "--threads", "300", "--processes", "60"], 300, 60);
}

#[cfg(target_os = "linux")]
#[test]
fn a_stack_is_reserved_whole_and_costs_what_was_touched() {
    for workers in ["1", "8", "16"] {
        let mut outcomes = Vec::new();
        for variant in STACKS {
            outcomes.extend(EXPERIMENT.outcomes(&["--variant", variant, "--workers", workers]));
        }
        for size in [16, 64, 256, 1024, 8192] {
            let bytes = size as f64 * KIB;
            let [untouched, touched] = STACKS.map(|variant| value(&outcomes, "resident", variant, size));
            assert!(STACKS.iter().all(|variant| value(&outcomes, "reserved", variant, size) >= bytes));
            assert!(untouched < 256.0 * KIB, "{size}: {untouched}");
            assert!(touched >= 0.95 * (bytes - 8.0 * KIB) && touched < bytes + 256.0 * KIB, "{size}: {touched}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_stack_that_is_asked_for_is_reserved() {
    let small = EXPERIMENT.outcomes(&["--variant", "threads", "--stack", "64", "--threads", "200", "--rounds", "1"]);
    assert!((64.0 * KIB..MIB).contains(&value(&small, "virtual-each", "threads", 200)));
}

#[cfg(target_os = "linux")]
#[test]
fn each_variant_alone_says_one_number_for_all_of_it_and_one_for_the_machine() {
    for variant in EACH {
        let outcomes =
            EXPERIMENT.outcomes(&["--variant", variant, "--rounds", "1", "--threads", "50", "--processes", "50"]);
        assert!(outcomes.iter().all(|outcome| outcome.variant == variant), "{outcomes:?}");
        for metric in ["all-each", "available-each"] {
            assert_eq!(outcomes.iter().filter(|outcome| outcome.metric == metric).count(), 1, "{outcomes:?}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn one_alone_can_be_looked_at() {
    let outcomes = EXPERIMENT.outcomes(&["--threads", "1", "--processes", "1", "--rounds", "1", "--workers", "1"]);
    assert!(outcomes.iter().all(|outcome| outcome.value.is_finite()), "{outcomes:?}");
    assert!(value(&outcomes, "rss", "processes", 1) > value(&outcomes, "pss", "processes", 1));
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_kernel_counts_in_batches_is_not_told_of_few() {
    let few = ["--threads", "49", "--processes", "3", "--rounds", "1"];
    let outcomes = EXPERIMENT.outcomes(&few);
    let in_batches = ["kernel-stack-each", "slab-each", "all-each", "all"];
    assert!(!outcomes.iter().any(|outcome| in_batches.contains(&&outcome.metric[..])), "{outcomes:?}");
    assert!(value(&outcomes, "page-tables-each", "processes", 3) > 0.0);
    let text = EXPERIMENT.words(&few);
    assert!(text.contains("of fewer than 50, the kernel's stacks") && !text.contains("kernel stack 0"), "{text}");
}

#[test]
fn wrong_arguments_are_named_in_one_line() {
    for (flag, value, names) in [
        ("--processes", "10000", "from 1 to 200"),
        ("--processes", "201", "from 1 to 200"),
        ("--processes", "0", "from 1 to 200"),
        ("--processes", "-1", "from 1 to 200"),
        ("--threads", "1001", "from 1 to 1000"),
        ("--threads", "many", "from 1 to 1000"),
        ("--stack", "15", "from 16 to 8192"),
        ("--stack", "8193", "from 16 to 8192"),
        ("--rounds", "0", "from 1 to 100"),
        ("--workers", "17", "from 1 to 16"),
        ("--variant", "process", "processes"),
    ] {
        let said = refusal(EXPERIMENT.run(&[flag, value]));
        assert!(said.contains(flag) && said.contains(names), "{said}");
    }
}

/// Runs it where a shell command has taken something away; what it says, and what it complains of.
#[cfg(target_os = "linux")]
fn left_out(limit: &str) -> (Vec<Outcome>, String) {
    let script = format!("{limit} && exec \"$0\" --json --rounds 1");
    let program = env!("CARGO_BIN_EXE_memory-footprint");
    let output = EXPERIMENT.output(std::process::Command::new("sh").args(["-c", &script, program]));
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), complaints.lines().count()), (Some(1), 1), "{complaints}");
    (testing::outcomes(&String::from_utf8(output.stdout).unwrap()), complaints)
}

#[cfg(target_os = "linux")]
#[test]
fn without_addresses_for_the_stacks_the_threads_are_left_out_and_the_processes_are_not() {
    let (outcomes, complaints) = left_out("ulimit -v 524288");
    assert!(
        complaints.contains("threads (1000 threads may reserve") && complaints.contains("ulimit -v"),
        "{complaints}"
    );
    assert!(!outcomes.iter().any(|outcome| outcome.variant == "threads"));
    assert!(value(&outcomes, "pss-each", "processes", 200) > 0.0);
}

#[cfg(target_os = "linux")]
#[test]
fn where_processes_are_refused_it_says_how_many_there_were_and_the_threads_are_measured() {
    // Each process takes a descriptor.
    let (outcomes, complaints) = left_out("ulimit -n 24");
    for variant in ["processes", "processes-exec"] {
        assert!(complaints.contains(variant) && complaints.contains(" of 200: "), "{complaints}");
        assert!(!outcomes.iter().any(|outcome| outcome.variant == variant));
    }
    assert!(value(&outcomes, "pss-each", "threads", 1000) > 0.0);
}

#[cfg(target_os = "linux")]
#[test]
fn for_people_it_ends_in_words() {
    let text = EXPERIMENT.words(&["--rounds", "1"]);
    assert!(EACH.iter().chain(&STACKS).all(|variant| text.contains(variant)), "{text}");
    assert!(text.contains("times as much as a thread") && text.ends_with("costs what was touched of it."), "{text}");
}

#[test]
fn help_has_examples() {
    let text = EXPERIMENT.words(&["--help"]);
    assert!(text.contains("cargo run -p memory-footprint") && text.contains("[default: 200]"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_timeline_has_every_round_of_every_variant() {
    let timeline = EXPERIMENT.timeline(&["--rounds", "2", "--threads", "10", "--processes", "5"]);
    // The processes once and the machine twice, for three variants; five sizes of two stacks.
    assert_eq!(testing::spans(&timeline), 3 * 3 + 5 * 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(&["--rounds", "1"]);
}

#[cfg(target_os = "linux")]
mod left_behind {
    use std::fs;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};

    use super::EXPERIMENT;

    /// The child processes of a process, zombies included; none where it has ended.
    fn children(of: i32) -> Vec<i32> {
        let text = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).unwrap_or_default();
        text.split_whitespace().map(|child| child.parse().unwrap()).collect()
    }

    #[test]
    fn a_killed_parent_takes_all_units_along() {
        // Whoever's parents die is handed to this process, which can then tell that they ended.
        set_child_subreaper(Some(getpid())).unwrap();
        for (variant, signal) in
            [("processes", Signal::KILL), ("processes-exec", Signal::KILL), ("processes", Signal::INT)]
        {
            let arguments = ["--variant", variant, "--rounds", "100"];
            let mut program = EXPERIMENT.command(&arguments).stdout(Stdio::null()).spawn().unwrap();
            let deadline = Instant::now() + Duration::from_secs(60);
            let (holder, units) = loop {
                let holder = children(program.id() as i32).first().copied();
                let units = holder.map(children).unwrap_or_default();
                if let (Some(holder), 20..) = (holder, units.len()) {
                    break (holder, units);
                }
                assert!(Instant::now() < deadline, "20 units were to start");
            };
            kill_process(Pid::from_child(&program), signal).unwrap();
            program.wait().unwrap();
            for process in units.into_iter().chain([holder]) {
                // Ours as soon as its own parent has ended; reaped by that one, if the parent came to it before it ended.
                let pid = Pid::from_raw(process).unwrap();
                while waitpid(Some(pid), WaitOptions::empty()).is_err()
                    && fs::exists(format!("/proc/{process}")).unwrap()
                {
                    assert!(Instant::now() < deadline, "process {process} was left behind");
                    std::thread::yield_now();
                }
            }
        }
    }

    #[test]
    fn the_one_that_holds_the_units_goes_too() {
        EXPERIMENT.takes_its_children_along(1, &["--variant", "processes-exec", "--rounds", "100"]);
    }
}
