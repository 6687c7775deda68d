//! Runs a command until it ends by itself, until its deadline, or until this process ends.

use std::io::{self, PipeWriter, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// Runs a command to its end and returns its status and output; kills it, with its process group, at the end of `limit`
/// and when this process ends.
///
/// The command has no input, and its messages are those of the locale C, whatever our own locale is. The command and its
/// children form a process group of their own, whose leader is a process of ours.
///
/// # Errors
/// The command can't be started, was not done within `limit` (`ErrorKind::TimedOut`), or printed more than [`MOST_PRINTED`].
pub fn output(command: &mut Command, limit: Duration) -> io::Result<Output> {
    output_but_stderr(command.stderr(Stdio::piped()), limit)
}

/// As [`output`], but what the command says on stderr goes where the caller has sent it: by default to our own.
///
/// # Errors
/// As for [`output`].
pub fn output_but_stderr(command: &mut Command, limit: Duration) -> io::Result<Output> {
    let deadline = Instant::now() + limit;
    let guard = Guard::new()?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(guard.group());
    // Our readers of its output expect English and a decimal point.
    command.env("LC_ALL", "C");
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.spawn().map_err(|error| io::Error::new(error.kind(), format!("can't start {name}: {error}")))?;
    let readers = read_aside(child.stdout.take()).and_then(|stdout| Ok((stdout, read_aside(child.stderr.take())?)));
    let ended = wait_until(Pid::from_child(&child), deadline);
    if matches!(ended, Ok(false)) {
        let _ = kill_process_group(Pid::from_child(&guard.leader), Signal::TERM);
        let _ = wait_until(Pid::from_child(&child), Instant::now() + LAST_WORDS);
    }
    // This kills the whole group: what the command left running would hold its output open.
    drop(guard);
    let status = child.wait()?;
    if !ended? {
        let message = format!("{name} was not done within {} s", limit.as_secs());
        return Err(io::Error::new(io::ErrorKind::TimedOut, message));
    }
    let (stdout, stderr) = readers?;
    let all = |reader: Receiver<io::Result<Vec<u8>>>| {
        // A process that has left the group can't be ended from here, and isn't waited for.
        let read = reader
            .recv_timeout(GRACE)
            .map_err(|_| io::Error::other(format!("{name} left a process behind that holds its output open")))??;
        match read.len() as u64 {
            0..=MOST_PRINTED => Ok(read),
            _ => Err(io::Error::other(format!("{name} printed more than {} MiB", MOST_PRINTED >> 20))),
        }
    };
    Ok(Output { status, stdout: all(stdout)?, stderr: all(stderr)? })
}

/// Leads a process group, and kills all of it when this is dropped or this process ends, even if SIGKILL ends this process.
///
/// The leader holds the reading end of a pipe whose other end only this process has. When this process ends, the kernel
/// closes that other end, the leader reads the end of the pipe, asks its group to end, and then kills it. `PR_SET_PDEATHSIG` would reach
/// one process and not its children, only on Linux, and only by code between fork and exec. (On macOS, std can't make a pipe
/// and keep it from other threads' children in one step: a child that is started just then holds the life line too, as long
/// as it lives.)
struct Guard {
    leader: std::process::Child,
    _life_line: PipeWriter,
}

impl Guard {
    fn new() -> io::Result<Self> {
        let (reads, life_line) = io::pipe()?;
        let mut leader = Command::new("/bin/sh");
        leader.args(["-c", "trap '' TERM; read end; kill -TERM 0; sleep 1; kill -KILL 0"]).process_group(0);
        let leader = leader.stdin(reads).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let leader = leader.map_err(|error| io::Error::other(format!("can't start /bin/sh: {error}")))?;
        Ok(Self { leader, _life_line: life_line })
    }

    /// The group's number, which is its leader's.
    fn group(&self) -> i32 {
        Pid::from_child(&self.leader).as_raw_nonzero().get()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Until the leader is reaped, its number stands for no other group.
        let _ = kill_process_group(Pid::from_child(&self.leader), Signal::KILL);
        let _ = self.leader.wait();
    }
}

/// The most bytes that a command may print: a command that never stops printing would take all memory before its deadline.
pub const MOST_PRINTED: u64 = 16 << 20;

/// How long a command that has been asked to end may take to tidy up, before it is killed: shared memory that has a name outlives
/// its processes. (The shell that leads a group gives as long.)
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long the output of a command that has ended may take to be read.
const GRACE: Duration = Duration::from_secs(5);

/// How a command ended, in words: `exit code 2` or `signal 9`.
pub fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// Waits for the end of a child, and leaves it to be reaped; false if it still ran at `deadline`.
fn wait_until(child: Pid, deadline: Instant) -> io::Result<bool> {
    let mut pause = Duration::from_micros(200);
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    while waitid(WaitId::Pid(child), look)?.is_none() {
        if Instant::now() >= deadline {
            return Ok(false);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
    Ok(true)
}

/// Reads a pipe to its end on a thread of its own, so that the command never waits for room in it. If the command prints
/// more than it may, the pipe is closed, and SIGPIPE ends the command when it goes on writing.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> io::Result<Receiver<io::Result<Vec<u8>>>> {
    let (tell, told) = channel();
    thread::Builder::new().spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.map_or(Ok(0), |pipe| pipe.take(MOST_PRINTED + 1).read_to_end(&mut bytes));
        let _ = tell.send(read.map(|_| bytes));
    })?;
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn a_command_hands_over_what_it_says_and_how_it_ended() {
        let out = output(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]), SOON).unwrap();
        assert_eq!((&out.stdout[..], &out.stderr[..]), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(ending(out.status), "exit code 3");
        let mut german = Command::new("sh");
        german.args(["-c", "echo $LC_ALL"]).env("LC_ALL", "de_DE.UTF-8");
        assert_eq!(output(&mut german, SOON).unwrap().stdout, b"C\n");
    }

    #[test]
    fn a_command_that_is_not_done_at_its_deadline_is_killed_with_its_children() {
        let script = "sleep 600 & echo $!; wait";
        let late = output(Command::new("sh").args(["-c", script]), Duration::from_millis(200)).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn what_is_left_when_the_deadline_comes_may_tidy_up() {
        let folder = tempfile::tempdir().unwrap();
        let tidied = folder.path().join("tidied");
        let script = format!("trap 'echo > {}; exit' TERM; sleep 600 & wait", tidied.display());
        let late = output(Command::new("sh").args(["-c", &script]), Duration::from_millis(500)).unwrap_err();
        assert!(late.kind() == io::ErrorKind::TimedOut && tidied.exists());
    }

    #[test]
    fn a_command_that_leaves_a_child_behind_does_not_hold_us_up() {
        let out = output(Command::new("sh").args(["-c", "sleep 600 & echo $!"]), SOON).unwrap();
        let pid: i32 = String::from_utf8(out.stdout).unwrap().trim().parse().unwrap();
        let deadline = Instant::now() + SOON;
        // The orphan is reaped by init, so it is a zombie for a moment at most.
        while rustix::process::test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() && runs(pid) {
            assert!(Instant::now() < deadline, "process {pid} was left behind");
            thread::yield_now();
        }
    }

    fn runs(pid: i32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z'))
    }

    #[test]
    fn a_child_that_has_left_the_group_is_not_waited_for() {
        // The substitution ends when the new session's leader has said so and holds only the outer output.
        let script = "exec 3>&1; x=$(setsid sh -c 'echo gone; exec sleep 20 >&3' &); echo $x";
        let left = output(Command::new("sh").args(["-c", script]), SOON);
        assert!(left.unwrap_err().to_string().contains("left a process behind"));
    }

    #[test]
    fn a_command_that_prints_without_end_is_stopped() {
        let endless = output(&mut Command::new("yes"), Duration::from_secs(60)).unwrap_err();
        assert_eq!(endless.to_string(), "yes printed more than 16 MiB");
    }

    #[test]
    fn a_command_that_is_not_there_is_named() {
        let missing = output(&mut Command::new("no-such-command"), SOON).unwrap_err();
        assert!(missing.to_string().starts_with("can't start no-such-command"), "{missing}");
    }
}
