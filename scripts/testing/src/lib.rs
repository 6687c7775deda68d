//! What tests share. Those of every experiment run it under a deadline, read what it says, take its cores, its memory, its
//! reader or its parent away, and see that the compiler refuses what it should. Those of the tools have a [`Sample`]: a small
//! project to be read, broken, recorded and killed. Whatever isn't as it has to be panics, as a test does.

pub mod exercise;
#[cfg(feature = "sample")]
mod sample;
pub mod waits;

use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Stdio;
use std::process::{Command, Output};
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::time::Instant;

use base::outcome::Outcome;
use base::process;
#[cfg(target_os = "linux")]
use rustix::io::Errno;
#[cfg(target_os = "linux")]
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, set_child_subreaper, waitpid};
use serde_json::Value;

#[cfg(feature = "sample")]
pub use sample::{Sample, Snapshot, copy, project, snapshot};

/// Whether `cargo soak` runs these tests: then all is tried, and not the few that tell most.
pub fn is_soak() -> bool {
    std::env::var_os("SOAK").is_some()
}

/// How many trials run at once where some of them wait, for a deadline or for what they started, and leave the CPU to others.
pub fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from) + 2
}

/// `wrapper`, with the command behind its own words: it runs in the same place.
pub fn behind<'a>(wrapper: &str, words: impl IntoIterator<Item = &'a str>, inner: &Command) -> Command {
    let mut command = Command::new(wrapper);
    command.args(words).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(inner.get_current_dir().unwrap_or(Path::new(".")));
    command
}

/// The command, with all signals as they are by default. The starter of this test may ignore some, as a shell does for what runs
/// in its background, and would hand that on.
pub fn heeding(command: &Command) -> Command {
    behind("/usr/bin/env", ["--default-signal"], command)
}

/// A program that an experiment builds, and how long a run of it may take, on a busy machine too.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    program: &'static str,
    limit: Duration,
}

impl Experiment {
    /// The program at this path: `env!("CARGO_BIN_EXE_…")`. A run that takes longer than `limit` is ended.
    pub const fn new(program: &'static str, limit: Duration) -> Self {
        Self { program, limit }
    }

    /// What runs it with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(arguments);
        command
    }

    /// Runs such a command, which a test has changed, to its end. That the machine is too busy to tell times apart, which it
    /// may complain of, is nothing to a test. Where workers that were to meet never did, it runs again, four times at most.
    pub fn output(&self, command: &mut Command) -> Output {
        let mut tries = 1;
        loop {
            let output = process::output(command, self.limit).unwrap();
            let said = without_doubts(&String::from_utf8_lossy(&output.stderr));
            if tries == 5 || !said.contains("wait until the machine is less busy") {
                return Output { stderr: said.into_bytes(), ..output };
            }
            tries += 1;
        }
    }

    /// Runs it with these arguments, however it ends.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.output(&mut self.command(arguments))
    }

    /// What it prints for people when it succeeds.
    pub fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The words of [`Experiment::text`] with one space between them, wherever its lines end.
    pub fn words(&self, arguments: &[&str]) -> String {
        self.text(arguments).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What it prints with these arguments and `--json` when it succeeds.
    pub fn outcomes(&self, arguments: &[&str]) -> Vec<Outcome> {
        outcomes(&self.text(&[arguments, &["--json"]].concat()))
    }

    /// The events of the timeline that it writes with these arguments and `--trace`.
    pub fn timeline(&self, arguments: &[&str]) -> Vec<Value> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("trace.json");
        self.text(&[arguments, &["--trace", file.to_str().unwrap()]].concat());
        let trace: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        trace["traceEvents"].as_array().unwrap().clone()
    }
}

#[cfg(target_os = "linux")]
impl Experiment {
    /// Runs it with this many MiB of address space. Whatever took more would be refused it.
    pub fn run_within(&self, mib: u32, arguments: &[&str]) -> Output {
        self.output(&mut self.command_within(mib, arguments))
    }

    /// Runs it where a second thread at a time finds no room for its stack, and all else has plenty. Many threads within little room
    /// would be refused too, but the last that starts may leave too little for what a thread, or the C library, can't do without.
    pub fn run_with_one_thread(&self, arguments: &[&str]) -> Output {
        let mut command = self.command_within(1024, arguments);
        self.output(command.env("RUST_MIN_STACK", (600_u32 << 20).to_string()))
    }

    fn command_within(&self, mib: u32, arguments: &[&str]) -> Command {
        let limit = format!("ulimit -v {} && exec \"$@\"", mib * 1024);
        let mut command = Command::new("sh");
        command.args(["-c", &limit, "sh", self.program]).args(arguments);
        command
    }

    /// Checks that all of this many child processes, which it starts with these arguments and which don't end by themselves
    /// for a while, end with it when it is killed, terminated or interrupted.
    pub fn takes_its_children_along(&self, children: usize, arguments: &[&str]) {
        for signal in [Signal::KILL, Signal::TERM, Signal::INT] {
            for status in self.end_with_it(signal, &mut self.command(arguments), children) {
                // A child that was left running would exit with 0, or never.
                assert_eq!(status.terminating_signal(), Some(Signal::KILL.as_raw()), "a process outlived its parent");
            }
        }
    }

    /// Runs such a command until there are this many processes below it, and ends it by this signal. How those processes ended,
    /// but for those that one of them had reaped.
    pub fn end_with_it(&self, signal: Signal, command: &mut Command, processes: usize) -> Vec<WaitStatus> {
        let deadline = Instant::now() + self.limit;
        let patient = |what: &str| {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::yield_now();
        };
        // A process whose parent dies is handed to this process, so that it can tell that they ended, and reap them.
        set_child_subreaper(Some(getpid())).unwrap();
        let mut program = heeding(command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut below = Vec::new();
        while below.len() < processes {
            patient(&format!("{processes} processes were to start: {below:?}"));
            below = processes_below(program.id() as i32);
        }
        kill_process(Pid::from_child(&program), signal).unwrap();
        program.wait().unwrap();
        let ended = |process: i32| loop {
            match waitpid(Pid::from_raw(process), WaitOptions::NOHANG) {
                Ok(Some((_, status))) => return Some(status),
                Err(Errno::CHILD) if !std::fs::exists(format!("/proc/{process}")).unwrap() => return None,
                _ => patient(&format!("process {process} outlived its parent")),
            }
        };
        below.into_iter().filter_map(ended).collect()
    }
}

/// All processes below this one, by what /proc says of each one's children; none where it has ended.
#[cfg(target_os = "linux")]
fn processes_below(process: i32) -> Vec<i32> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let children: Vec<i32> = children.split_whitespace().map(|child| child.parse().unwrap()).collect();
    let theirs: Vec<i32> = children.iter().flat_map(|child| processes_below(*child)).collect();
    [children, theirs].concat()
}

/// Binds this thread, and so the experiments that it starts, to the first of its cores.
#[cfg(target_os = "linux")]
pub fn on_one_core() {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let all = sched_getaffinity(None).unwrap();
    let mut one = CpuSet::new();
    one.set((0..CpuSet::MAX_CPU).find(|core| all.is_set(*core)).unwrap());
    sched_setaffinity(None, &one).unwrap();
}

/// What an experiment complained of, but for what else the machine had to do.
pub fn without_doubts(complained: &str) -> String {
    complained.split_inclusive('\n').filter(|line| !line.starts_with("in doubt: ")).collect()
}

/// The outcomes in what an experiment printed with `--json`.
pub fn outcomes(json: &str) -> Vec<Outcome> {
    json.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What an experiment says that refuses its input: one line, on stderr alone, and exit code 2.
pub fn refusal(output: Output) -> String {
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(output.stdout.is_empty(), "{:?} on stdout, and {said}", String::from_utf8_lossy(&output.stdout));
    said
}

/// How many spans of time a timeline shows.
pub fn spans(timeline: &[Value]) -> usize {
    timeline.iter().filter(|event| event["ph"] == "X").count()
}

/// Compiles a file below this folder as a library, within a minute.
pub fn rustc(folder: &str, file: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new("rustc");
    command.args(["--edition", "2024", "--crate-type", "lib", file]).args(arguments).current_dir(folder);
    process::output(&mut command, Duration::from_secs(60)).unwrap()
}

/// Checks that the compiler refuses this file below this folder with one error, and that this is its code.
pub fn rustc_refuses(folder: &str, file: &str, code: &str) {
    let out = tempfile::tempdir().unwrap();
    let emit = format!("metadata={}", out.path().join("out").display());
    let output = rustc(folder, file, &["--emit", &emit]);
    assert!(!output.status.success(), "{file} was compiled");
    let said = String::from_utf8(output.stderr).unwrap();
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error[")).collect();
    assert_eq!(errors.len(), 1, "{file}: {said}");
    assert!(errors[0].starts_with(&format!("error[{code}]")), "{file}: {said}");
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: Experiment = Experiment::new("/bin/sh", Duration::from_secs(60));

    #[test]
    fn a_run_whose_workers_never_met_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let tries = |until: &str| {
            let counts =
                "echo x >>tries; test $(wc -l <tries) -ge $0 || echo 'wait until the machine is less busy' >&2";
            let output = SHELL.output(SHELL.command(&["-c", counts, until]).current_dir(folder.path()));
            let tries = std::fs::read_to_string(folder.path().join("tries")).unwrap().lines().count();
            std::fs::remove_file(folder.path().join("tries")).unwrap();
            (tries, output.stderr.is_empty())
        };
        assert_eq!([tries("1"), tries("3"), tries("6")], [(1, true), (3, true), (5, false)]);
    }

    #[test]
    fn a_refusal_is_one_line_and_exit_code_2() {
        assert_eq!(refusal(SHELL.run(&["-c", "echo no >&2; exit 2"])), "no\n");
        for other in ["echo no >&2; exit 1", "echo no; exit 2", "echo no >&2; echo no >&2; exit 2", "exit 2"] {
            let output = SHELL.run(&["-c", other]);
            assert!(std::panic::catch_unwind(|| refusal(output)).is_err(), "{other}");
        }
    }

    /// Its child looks for it until it is gone, and exits with 0.
    #[cfg(target_os = "linux")]
    #[test]
    #[should_panic(expected = "outlived its parent")]
    fn a_child_that_outlives_its_parent_is_caught() {
        SHELL.takes_its_children_along(1, &["-c", "(while kill -0 $$ 2>/dev/null; do :; done) & wait"]);
    }
}
