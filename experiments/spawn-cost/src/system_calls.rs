//! Which system calls a start takes, of who starts and of what is started: counted by strace.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lab::process;

/// Longer than any count takes; strace stops a process at every call.
const LIMIT: Duration = Duration::from_secs(60);

/// Over so many starts the calls are counted.
const STARTS: u64 = 10;

/// The system calls of one start. Those that differ from start to start are a mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    /// The call that made the thread or process, with what matters of its flags: `clone3 VM VFORK`. Empty if there is none.
    pub by: String,
    /// How often who starts makes each call.
    pub starter: BTreeMap<String, f64>,
    /// How often what is started does.
    pub started: BTreeMap<String, f64>,
}

/// Counts the system calls of a variant, which `program` starts with these arguments and `--times`.
///
/// The program's own beginning and end take calls too, and so do the first starts. So it is run twice, the second time with
/// ten starts more, and the difference is what counts.
///
/// # Errors
/// There is no strace (`ErrorKind::NotFound`), it may not trace here (`ErrorKind::PermissionDenied`), or it fails, which it
/// also does when the program does.
pub fn count(program: &Path, arguments: &[&str]) -> io::Result<Calls> {
    let few = of_log(&log(program, arguments, 1)?);
    let more = of_log(&log(program, arguments, 1 + STARTS)?);
    Ok(difference(&few, &more))
}

/// Runs the program under strace, and returns what that wrote.
fn log(program: &Path, arguments: &[&str], times: u64) -> io::Result<String> {
    // It has no name of its own in any folder, so nothing of it stays, however this ends.
    let mut file = tempfile::tempfile().map_err(|error| io::Error::other(error.to_string()))?;
    let path = format!("/proc/{}/fd/{}", std::process::id(), std::os::fd::AsRawFd::as_raw_fd(&file));
    let mut strace = Command::new("strace");
    strace.args(["--follow-forks", "-qqq", "--signal=none", "--output", &path]);
    strace.arg(program).args(arguments).arg(format!("--times={times}"));
    let output = process::output(&mut strace, LIMIT)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().next().unwrap_or("it said nothing");
        let refused = said.lines().any(|line| line.starts_with("strace: ") && line.to_lowercase().contains("ptrace"));
        let kind = if refused { io::ErrorKind::PermissionDenied } else { io::ErrorKind::Other };
        return Err(io::Error::new(kind, format!("strace ended with {}: {why}", process::ending(output.status))));
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Counts in what strace wrote: lines that begin with the number of a thread, of which the first is the starter's. A call that
/// another one interrupts there stands in two lines, of which the second says `resumed`.
fn of_log(log: &str) -> Calls {
    let first = log.split_whitespace().next().unwrap_or_default();
    let mut calls = Calls::default();
    for line in log.lines() {
        let (thread, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_start();
        let Some((name, arguments)) = rest.split_once('(') else { continue };
        if name.is_empty() || name.contains(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '_') {
            continue;
        }
        let is_starter = thread == first;
        let counts = if is_starter { &mut calls.starter } else { &mut calls.started };
        *counts.entry(name.to_owned()).or_default() += 1.0;
        if is_starter && ["clone", "clone3", "fork", "vfork"].contains(&name) {
            let flags = ["VM", "VFORK", "THREAD"].into_iter().filter(|flag| {
                let named = arguments.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
                named.into_iter().any(|word| word.strip_prefix("CLONE_") == Some(flag))
            });
            calls.by = [name].into_iter().chain(flags).collect::<Vec<_>>().join(" ");
        }
    }
    calls
}

/// What the second log has more than the first, for each start. The call that starts is that of the last.
fn difference(few: &Calls, more: &Calls) -> Calls {
    let each = |few: &BTreeMap<String, f64>, more: &BTreeMap<String, f64>| {
        let left = |(name, count): (&String, &f64)| {
            let count = (count - few.get(name).copied().unwrap_or(0.0)) / STARTS as f64;
            (count > 0.0).then(|| (name.clone(), count))
        };
        more.iter().filter_map(left).collect::<BTreeMap<_, _>>()
    };
    let starter = each(&few.starter, &more.starter);
    let is_start = more.by.split(' ').next().is_some_and(|name| starter.contains_key(name));
    let by = if is_start { more.by.clone() } else { String::new() };
    Calls { by, starter, started: each(&few.started, &more.started) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = r#"70    execve("spawn-cost", ["spawn-cost"], 0x7ffd /* 20 vars */) = 0
70    clone3({flags=CLONE_VM|CLONE_VFORK|CLONE_CLEAR_SIGHAND, exit_signal=SIGCHLD, stack=0x7f}, 88 <unfinished ...>
71    execve("/proc/self/fd/3", ["/proc/self/fd/3"], 0x7ffd /* 0 vars */ <unfinished ...>
70    <... clone3 resumed>)             = 71
71    <... execve resumed>)             = 0
70    wait4(71,  <unfinished ...>
71    exit(0)                           = ?
70    <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 71
"#;

    #[test]
    fn calls_are_counted_once_for_who_starts_and_for_what_is_started() {
        let calls = of_log(LOG);
        let counts = |counts: &BTreeMap<String, f64>| counts.iter().map(|(name, n)| format!("{name} {n}")).collect();
        let (starter, started): (Vec<String>, Vec<String>) = (counts(&calls.starter), counts(&calls.started));
        assert_eq!(starter, ["clone3 1", "execve 1", "wait4 1"]);
        assert_eq!(started, ["execve 1", "exit 1"]);
        assert_eq!(calls.by, "clone3 VM VFORK");
        assert_eq!(of_log(""), Calls::default());
    }

    #[test]
    fn a_copy_shares_nothing_that_matters() {
        let line = "7 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, x=0x7f) = 8\n";
        assert_eq!(of_log(line).by, "clone");
        assert_eq!(of_log("7 vfork() = 8\n").by, "vfork");
    }

    #[test]
    fn what_only_the_beginning_takes_is_no_part_of_a_start() {
        let few = of_log(LOG);
        let more = of_log(&LOG.replace("70    wait4(71,  <unfinished ...>\n", &"70    wait4(71) = 71\n".repeat(11)));
        let one = difference(&few, &more);
        assert_eq!(one.starter, BTreeMap::from([("wait4".to_owned(), 1.0)]));
        assert!(one.started.is_empty() && one.by.is_empty(), "{one:?}");
    }
}
