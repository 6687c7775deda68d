//! The system calls that a program makes, as strace lists them.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::{Report, process};

/// How long a count may take; strace stops a program at every call.
const LIMIT: Duration = Duration::from_secs(60);

/// A system call that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// Whether the program's first thread made the call.
    pub is_of_first: bool,
    /// The name of the call.
    pub name: &'a str,
    /// The arguments, and whatever strace wrote after them.
    pub arguments: &'a str,
}

/// What strace wrote.
#[derive(Clone, Debug)]
pub struct Log(String);

impl Log {
    /// The calls, in order. If another thread's call comes in between, strace gives a call two lines, of which the second says
    /// `resumed`; the two count as one call.
    pub fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        let first = self.0.split_whitespace().next().unwrap_or_default();
        self.0.lines().filter_map(move |line| {
            // A line begins with the number of the thread.
            let (thread, call) = line.split_once(' ')?;
            let (name, arguments) = call.trim_start().split_once('(')?;
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let is_call = !name.is_empty() && name.chars().all(is_name);
            is_call.then_some(Call { is_of_first: thread == first, name, arguments })
        })
    }
}

/// Runs a program under strace to its end, with all threads and processes that it starts, and traces the calls of these
/// names (`futex,read`, or `all`). The program's execve is always among them, since it shows which thread is the first.
///
/// # Errors
/// There is no strace (`ErrorKind::NotFound`), it may not trace here (`ErrorKind::PermissionDenied`), or strace or the program
/// fails.
pub fn log(program: &Path, arguments: &[&str], calls: &str) -> io::Result<Log> {
    log_by(OsStr::new("strace"), program, arguments, calls)
}

fn log_by(strace: &OsStr, program: &Path, arguments: &[&str], calls: &str) -> io::Result<Log> {
    // The file has no name in any folder, so it's gone however this ends.
    let mut file = tempfile::tempfile().map_err(|error| io::Error::other(error.to_string()))?;
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    let mut command = Command::new(strace);
    command.args(["--follow-forks", "--seccomp-bpf", "-qqq", "--signal=none", "--output", &path]);
    command.arg(format!("--trace=execve,{calls}")).arg(program).args(arguments);
    let output = process::output(&mut command, LIMIT)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().next().unwrap_or("without a message");
        let kind = if may_not_trace(&said) { io::ErrorKind::PermissionDenied } else { io::ErrorKind::Other };
        return Err(io::Error::new(kind, format!("strace ended with {}: {why}", process::ending(output.status))));
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(Log(text))
}

/// Whether strace says that ptrace, the system call that it needs, is refused.
fn may_not_trace(said: &str) -> bool {
    said.lines().any(|line| line.starts_with("strace: ") && line.to_lowercase().contains("ptrace"))
}

/// Whether there is a strace that may trace here. If there isn't, the report says so, and the experiment doesn't fail.
pub fn is_here(report: &mut Report) -> bool {
    let Err(error) = log(Path::new("true"), &[], "execve") else { return true };
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "; install strace",
        io::ErrorKind::PermissionDenied => "; run it where ptrace is allowed",
        // Another failure may concern only the program that was tried.
        _ => return true,
    };
    report.not_here("the count of system calls", format!("{error}{advice}"));
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_told_once_with_who_made_it() {
        let log = Log(r#"70    execve("program", ["program"], 0x7ffd /* 20 vars */) = 0
70    clone3({flags=CLONE_VM|CLONE_VFORK, stack=0x7f}, 88 <unfinished ...>
71    futex(0x5590, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>
70    <... clone3 resumed>)             = 71
71    <... futex resumed>)              = 0
70    wait4(71,  <unfinished ...>
71    exit(0)                           = ?
70    <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 71
71    +++ exited with 0 +++
"#
        .to_owned());
        let calls: Vec<_> = log.calls().map(|call| (call.is_of_first, call.name)).collect();
        assert_eq!(calls, [(true, "execve"), (true, "clone3"), (false, "futex"), (true, "wait4"), (false, "exit")]);
        assert!(log.calls().nth(1).unwrap().arguments.starts_with("{flags=CLONE_VM|CLONE_VFORK, "));
        assert_eq!(Log(String::new()).calls().next(), None);
    }

    #[test]
    fn a_strace_that_is_missing_or_may_not_trace_is_told_from_one_that_fails() {
        let folder = tempfile::tempdir().unwrap();
        let strace = folder.path().join("strace");
        let fails_with = |says: &str| {
            // A shell writes the script. If this process wrote it, a child that another test forks just then would inherit
            // the file open for writing, and such a file can't be run.
            let write = "printf '#!/bin/sh\\necho \"%s\" >&2; exit 3\\n' \"$0\" >\"$1\" && chmod +x \"$1\"";
            let mut shell = Command::new("sh");
            process::output(shell.args(["-c", write, says]).arg(&strace), LIMIT).unwrap();
            let error = log_by(strace.as_os_str(), Path::new("true"), &[], "all").unwrap_err();
            assert_eq!(error.to_string(), format!("strace ended with exit code 3: {says}"));
            error.kind()
        };
        for says in [
            "strace: test_ptrace_get_syscall_info: PTRACE_TRACEME: Operation not permitted",
            "strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted",
        ] {
            assert_eq!(fails_with(says), io::ErrorKind::PermissionDenied);
        }
        for says in ["strace: unrecognized option '--seccomp-bpf'", "thread 'main' panicked: no ptrace"] {
            assert_eq!(fails_with(says), io::ErrorKind::Other);
        }
        let missing = log_by(OsStr::new("/no/such/strace"), Path::new("true"), &[], "all").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound, "{missing}");
    }
}
