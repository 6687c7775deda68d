//! How often workers call the kernel for a lock: the system call futex, counted by strace.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lab::process;

/// Longer than any count takes; strace stops a worker at every call.
const LIMIT: Duration = Duration::from_secs(60);

/// How often the workers of a run called futex.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// To sleep until the lock is free.
    pub waits: u64,
    /// To wake who sleeps.
    pub wakes: u64,
}

/// Runs a program under strace, and counts the futex calls of all its threads and processes but the first. That one
/// starts the workers and waits for them, which takes futex calls too; its workers make none but for a lock.
///
/// # Errors
/// There is no strace (`ErrorKind::NotFound`), it may not trace here (`ErrorKind::PermissionDenied`), or it fails, which it
/// also does when the program does.
pub fn count(program: &Path, arguments: &[&str]) -> io::Result<Calls> {
    let log = tempfile::NamedTempFile::new().map_err(|error| io::Error::other(error.to_string()))?;
    let mut strace = Command::new("strace");
    // The program's own start is traced too, for the first line to tell who is the first.
    strace
        .args(["--follow-forks", "--seccomp-bpf", "-qq", "--signal=none", "--trace=execve,futex", "--output"])
        .arg(log.path());
    let output = process::output(strace.arg(program).args(arguments), LIMIT)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().next().unwrap_or("it said nothing");
        let kind = if may_not_trace(&said) { io::ErrorKind::PermissionDenied } else { io::ErrorKind::Other };
        return Err(io::Error::new(kind, format!("strace ended with {}: {why}", process::ending(output.status))));
    }
    Ok(of_workers(&fs::read_to_string(log.path())?))
}

/// Whether strace itself says that its system call, ptrace, is refused.
fn may_not_trace(said: &str) -> bool {
    said.lines().any(|line| line.starts_with("strace: ") && line.to_lowercase().contains("ptrace"))
}

/// Counts in what strace wrote: lines that begin with the number of a thread. A call that another one interrupts there
/// stands in two lines, of which the second says `resumed`.
fn of_workers(log: &str) -> Calls {
    let first = log.split_whitespace().next();
    let mut calls = Calls::default();
    for line in log.lines().filter(|line| line.split_whitespace().next() != first) {
        let (waits, wakes) = (line.contains("FUTEX_WAIT"), line.contains("FUTEX_WAKE"));
        calls.waits += u64::from(waits);
        calls.wakes += u64::from(wakes && !waits);
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_once_and_the_first_threads_are_not() {
        let log = r#"70    execve("mutex-fixes", ["mutex-fixes"], 0x7ffd /* 20 vars */) = 0
70    futex(0x7f10, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 71, NULL, FUTEX_BITSET_MATCH_ANY <unfinished ...>
71    futex(0x5590, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>
72    futex(0x5590, FUTEX_WAKE_PRIVATE, 1 <unfinished ...>
71    <... futex resumed>)              = 0
72    <... futex resumed>)              = 1
71    futex(0x5590, FUTEX_WAIT, 2, NULL) = -1 EAGAIN (Resource temporarily unavailable)
70    <... futex resumed>)              = 0
"#;
        assert_eq!(of_workers(log), Calls { waits: 2, wakes: 1 });
        assert_eq!(of_workers(""), Calls::default());
    }

    #[test]
    fn a_strace_that_may_not_trace_is_told_from_one_that_fails() {
        assert!(may_not_trace("strace: test_ptrace_get_syscall_info: PTRACE_TRACEME: Operation not permitted\n"));
        assert!(may_not_trace("strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted\nstrace: detached\n"));
        assert!(!may_not_trace("strace: unrecognized option '--seccomp-bpf'\n"));
        assert!(!may_not_trace("thread 'main' panicked: no ptrace\n"));
    }
}
