//! What the experiment shows, it shows on any number of cores; and it ends well, whatever is done to it. No test looks at a
//! time: what an engine costs is the machine's affair.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use beyond_one_machine::cluster::{self, Task};
use beyond_one_machine::{NODES, WORKS, degrees, node, rows, squares};
use lab::report::Outcome;
use testing::{Experiment, refusal, spans};

const EXPERIMENT: Experiment = Experiment::new(env!("CARGO_BIN_EXE_beyond-one-machine"), Duration::from_secs(120));

/// Little to do, and all of it.
const BRIEF: &[&str] = &["--rounds", "1", "--rows", "40", "--edges", "20000"];

fn points(outcomes: &[Outcome], metric: &str) -> Vec<String> {
    let of_it = outcomes.iter().filter(|outcome| outcome.metric == metric);
    of_it.map(|outcome| format!("{}/{}", outcome.variant, outcome.parameter)).collect()
}

fn shows_everything(more: &[&str], counts: &[usize]) {
    let outcomes = EXPERIMENT.outcomes(&[BRIEF, more].concat());
    assert!(outcomes.iter().all(|outcome| outcome.value.is_finite() && outcome.value >= 0.0), "{outcomes:?}");
    let mut expected = Vec::new();
    for work in WORKS {
        expected.push(format!("{}-one-thread/1", work.name));
        for team in ["threads", "processes"] {
            expected.extend(counts.iter().map(|count| format!("{}-timely-{team}/{count}", work.name)));
        }
    }
    assert_eq!(points(&outcomes, "work"), expected);
    let projected: Vec<String> =
        points(&outcomes, "speed-up").into_iter().filter(|p| p.contains("projection")).collect();
    // A projection begins with the most processes that had a core each, and with none that took turns.
    let cpus = lab::machine::usable_cpus();
    let begins = counts.iter().rfind(|count| **count <= cpus).unwrap();
    for work in WORKS {
        let of_it = |p: &&String| p.starts_with(&format!("{}-projection/", work.name));
        let (first, last) = (projected.iter().find(of_it), projected.iter().rfind(of_it));
        assert_eq!(first, Some(&format!("{}-projection/{begins}", work.name)), "{projected:?}");
        assert_eq!(last, Some(&format!("{}-projection/64", work.name)), "{projected:?}");
    }
    let killed: Vec<(&str, f64)> = outcomes
        .iter()
        .filter(|outcome| outcome.variant == "killed-process")
        .map(|outcome| (&outcome.metric[..], outcome.value))
        .collect();
    assert!(matches!(killed[..], [("ended-after", after), ("results", 0.0)] if after > 0.0), "{killed:?}");
    let own: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.variant == "own-start").collect();
    assert!(own.len() == 1 && own[0].value > 0.0, "{own:?}");
}

#[test]
fn every_variant_comes_to_the_result_of_one_thread() {
    shows_everything(&["--workers", "2"], &[1, 2]);
    shows_everything(&["--workers", "5"], &[1, 2, 3, 4, 5]);
    shows_everything(&["--workers", "1"], &[1]);
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_it_says_so_and_does_the_rest() {
    testing::on_one_core();
    shows_everything(&["--workers", "2"], &[1, 2]);
    let text = EXPERIMENT.words(BRIEF);
    assert!(text.contains("On one CPU the workers take turns") && !text.contains("Left out"), "{text}");
    assert!(text.contains("law isn't fitted"), "{text}");
}

#[test]
fn threads_and_processes_compute_what_one_thread_does() {
    // More workers than rows or edges, and shares that aren't equal.
    for (work, size) in [(WORKS[0], 2), (WORKS[0], 33), (WORKS[1], 1), (WORKS[1], 10_007)] {
        let right = (work.plain)(size);
        let task = Task { work, size };
        let number = |workers: usize| (cluster_run(task, workers, false), cluster_run(task, workers, true));
        assert_eq!([1, 2, 3, 5].map(number), [(right, right); 4], "{} {size}", work.name);
    }
}

/// A test runs on a thread of its own and can't fork, so the program does it.
fn cluster_run(task: Task, workers: usize, as_processes: bool) -> u64 {
    let name = format!("{}-timely-{}", task.work.name, if as_processes { "processes" } else { "threads" });
    let (size, workers) = (task.size.to_string(), workers.to_string());
    let sizes = [if task.work.name == "rows" { "--rows" } else { "--edges" }, &size];
    let outcomes =
        EXPERIMENT.outcomes(&[&sizes[..], &["--variant", &name, "--rounds", "1", "--workers", &workers]].concat());
    let last = outcomes.iter().rfind(|outcome| outcome.metric == "result").unwrap();
    assert_eq!((&last.variant, &last.parameter), (&name, &workers));
    last.value as u64
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
    let refused = cluster::threads(Task { work: WORKS[0], size: 1 }, 1).unwrap_err();
    assert!(refused.to_string().contains("threads run here"), "{refused}");
}

#[test]
fn two_at_once_do_not_get_into_each_others_way() {
    let run = || shows_everything(&["--workers", "2"], &[1, 2]);
    std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(run))));
}

#[test]
fn one_variant_can_be_run_alone() {
    for variant in ["rows-one-thread", "degrees-timely-processes", "own-start", "killed-process"] {
        let outcomes = EXPERIMENT.outcomes(&[BRIEF, &["--variant", variant]].concat());
        assert!(!outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.variant == variant), "{outcomes:?}");
    }
}

#[test]
fn a_timeline_has_every_process_of_every_case() {
    let timeline = EXPERIMENT.timeline(&[BRIEF, &["--workers", "2"]].concat());
    // For each kind of work: the plain thread; for the engine three spans for each process.
    assert_eq!(spans(&timeline), 2 * (1 + 3 * (1 + 1) + 3 * (1 + 2)));
}

#[test]
fn help_has_examples() {
    let text = EXPERIMENT.words(&["--help"]);
    assert!(text.contains("--hosts FILE --process 0") && text.contains("from 2 to 8"), "{text}");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    EXPERIMENT.bears_a_reader_that_leaves(BRIEF);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_takes_its_processes_along() {
    let arguments = ["--variant", "rows-timely-processes", "--rows", "4000", "--workers", "2"];
    // One process comes first, alone, and is all that is to be seen of it.
    EXPERIMENT.takes_its_children_along(1, &arguments);
}

/// Runs one process of a cluster with these hosts, and more arguments.
fn with_hosts(text: impl AsRef<[u8]>, more: &[&str]) -> std::process::Output {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_ref()).unwrap();
    let path = file.path().to_str().unwrap();
    EXPERIMENT.run(&[&["--rows", "40", "--edges", "20000", "--hosts", path, "--process"], more].concat())
}

#[test]
fn wrong_hosts_are_refused() {
    for (text, says) in [
        ("", "has no address"),
        ("127.0.0.1\n", "line 1 is no address"),
        ("127.0.0.1:70000\n", "line 1 is no address"),
        ("127.0.0.1:2101\n127.0.0.1:2101\n", "line 2 is the address of line 1"),
    ] {
        let said = refusal(with_hosts(text, &["0"]));
        assert!(said.contains(says), "{said}");
    }
    let said = refusal(with_hosts(b"\xff\xfe\0", &["0"]));
    assert!(said.contains("UTF-8"), "{said}");
    let said = refusal(with_hosts("127.0.0.1:2101\n", &["1"]));
    assert!(said.contains("has lines for processes 0 to 0; name one"), "{said}");
    let said = refusal(EXPERIMENT.run(&["--hosts", "/", "--process", "0"]));
    assert!(said.contains("isn't a file of addresses"), "{said}");
    let said = refusal(EXPERIMENT.run(&["--hosts", "/nowhere/hosts", "--process", "0"]));
    assert!(said.contains("/nowhere/hosts"), "{said}");
    let said = refusal(EXPERIMENT.run(&["--hosts", "/"]));
    assert!(said.contains("--process"), "{said}");
    let said = refusal(EXPERIMENT.run(&["--process", "0"]));
    assert!(said.contains("--hosts"), "{said}");
}

/// One line on stderr, none on stdout, and exit code 1.
fn failure(output: std::process::Output) -> String {
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count(), &output.stdout[..]), (Some(1), 1, &b""[..]), "{said}");
    said
}

#[test]
fn who_does_not_come_is_waited_for_no_longer_than_was_said() {
    // Port 1 is nobody's, and both calling and waiting to be called come to an end.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let waits = failure(with_hosts(format!("{free}\n127.0.0.1:1\n"), &["0", "--patience", "1"]));
    assert!(waits.contains("process 1 at 127.0.0.1:1 didn't come in time"), "{waits}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let calls = failure(with_hosts(format!("127.0.0.1:1\n{free}\n"), &["1", "--patience", "1"]));
    assert!(calls.contains("process 0 at 127.0.0.1:1 didn't come in time") && calls.contains("refused"), "{calls}");
}

#[test]
fn an_address_that_is_taken_or_elsewhere_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let said = failure(with_hosts(format!("{}\n", taken.local_addr().unwrap()), &["0"]));
    assert!(said.contains("can't listen at") && said.contains("take another port"), "{said}");
    let said = failure(with_hosts("192.0.2.1:2101\n", &["0"]));
    assert!(said.contains("can't listen at 192.0.2.1:2101") && said.contains("no address of this machine"), "{said}");
}

/// Whoever listens and says nothing is no peer.
#[test]
fn a_listener_that_says_nothing_is_no_peer() {
    let dumb = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let said = failure(with_hosts(format!("{}\n{free}\n", dumb.local_addr().unwrap()), &["1", "--patience", "1"]));
    assert!(said.contains("process 0 at"), "{said}");
    drop(TcpStream::connect(dumb.local_addr().unwrap()));
}

#[test]
fn what_has_no_timeline_writes_none() {
    for name in ["own-start", "killed-process"] {
        let said = refusal(EXPERIMENT.run(&["--variant", name, "--trace", "trace.json"]));
        assert!(said.contains("leave out --trace"), "{said}");
    }
}

#[test]
fn wrong_numbers_are_told_the_range() {
    for (flag, value, range) in [
        ("--workers", "9", "from 1 to 8"),
        ("--rows", "0", "from 1 to 4000"),
        ("--edges", "-1", "from 1 to 1000000000"),
        ("--rounds", "x", "from 1 to 1000"),
    ] {
        let said = refusal(EXPERIMENT.run(&[flag, value]));
        assert!(said.contains(flag) && said.contains(range), "{said}");
    }
}
