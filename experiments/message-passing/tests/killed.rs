//! When a worker or the experiment is killed, nobody waits for it in vain, and no process is left over.
#![cfg(target_os = "linux")]

use std::process::Stdio;
use std::time::{Duration, Instant};

use message_passing::VARIANTS;
use rustix::process::{Pid, Signal, kill_process};
use testing::Experiment;

const EXPERIMENT: Experiment =
    Experiment::new(env!("CARGO_BIN_EXE_message-passing"), Duration::from_secs(60));

#[test]
fn a_killed_parent_takes_its_workers_along() {
    for (variant, processes) in
        [("pipe-processes", 2), ("copied-processes", 2), ("copied-programs", 3)]
    {
        let arguments =
            ["--variant", variant, "--placement", "one-core", "--trips", "1000000"];
        EXPERIMENT.takes_its_children_along(processes, &arguments);
    }
}

fn children(process: u32) -> Vec<u32> {
    let all =
        std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"))
            .unwrap_or_default();
    all.split_whitespace().map(|child| child.parse().unwrap()).collect()
}

/// If a worker is killed, the experiment says so, and ends at once.
#[test]
fn a_killed_worker_ends_the_run_and_is_told() {
    for variant in
        VARIANTS.iter().filter(|variant| !variant.name.contains("-threads"))
    {
        // On one core a large message takes a spinning sender many time slices.
        let long: &[&str] =
            match variant.spins || variant.name.starts_with("in-place") {
                true => &["stream", "--size", "1048576", "--trips", "1000000"],
                false => &["--trips", "1000000"],
            };
        let arguments =
            [long, &["--variant", variant.name, "--placement", "one-core"]]
                .concat();
        // The last victim is the program that the second worker has started. That worker reaps it, and ends too.
        for victim in 0..if variant.name.ends_with("-programs") { 3 } else { 2 } {
            let mut command = EXPERIMENT.command(&arguments);
            let parent = command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let began = Instant::now();
            let process = loop {
                assert!(began.elapsed() < Duration::from_secs(60), "no workers");
                let workers = children(parent.id());
                let programs =
                    workers.get(1).map_or(Vec::new(), |second| children(*second));
                match [&workers[..], &programs].concat().get(victim) {
                    Some(process) if workers.len() == 2 => break *process,
                    _ => {}
                }
            };
            kill_process(
                Pid::from_raw(process.cast_signed()).unwrap(),
                Signal::KILL,
            )
            .unwrap();
            let output = parent.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let how = if victim == 2 {
                "exited with code 101"
            } else {
                "was killed by signal 9"
            };
            let said =
                format!("Left out: {} (a child process {how})", variant.name);
            assert!(
                output.status.code() == Some(1)
                    && text.replace('\n', " ").contains(&said),
                "{said}: {text}"
            );
            assert!(output.stderr.is_empty(), "{:?}", output.stderr);
        }
    }
}
