//! Child processes that end: by themselves, at their deadline, or with their parent.

use std::fs::File;
use std::io::{self, PipeWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, getppid, kill_process, kill_process_group,
    waitid, waitpid,
};

use crate::machine;

/// A forked child. Dropping it kills and reaps it.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    pipe: File,
    said: Vec<u8>,
    reaped: bool,
}

/// Forks a child that does `work`, hands the bytes that it returns over by a pipe, and exits.
///
/// The child never returns into its caller's frames: a panic in `work` ends it with exit code 101. It is killed when the
/// thread that forked it ends, and by SIGALRM a second or two after `limit`, should nobody be left who would kill it.
///
/// # Errors
/// The system refuses the process or the pipe, or this process has several threads. A fork copies only the thread that
/// calls it, and a lock that another one held would stay locked in the child for ever. Source: fork(2), and A. Baumann
/// et al., *A fork() in the road*, HotOS 2019.
pub fn fork(limit: Duration, work: impl FnOnce() -> Vec<u8>) -> io::Result<Child> {
    be_alone()?;
    let (reads, writes) = io::pipe()?;
    let parent = getpid();
    #[expect(unsafe_code, reason = "fork is the subject")]
    // SAFETY: `be_alone` saw one thread, so the child's copy of this process is whole: no lock is held by a thread that
    // isn't there. Where it can't tell (no /proc), such a lock could block the child for ever, which breaks no memory and
    // which the deadline ends.
    let forked = unsafe { libc::fork() };
    match forked {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop(reads);
            let done = catch_unwind(AssertUnwindSafe(|| {
                end_with_parent(parent, limit);
                File::from(OwnedFd::from(writes)).write_all(&work())
            }));
            #[expect(unsafe_code, reason = "a forked child must not run its parent's exit handlers")]
            // SAFETY: `_exit` ends the process at once and touches no memory of it.
            unsafe {
                libc::_exit(match done {
                    Ok(Ok(())) => 0,
                    Ok(Err(_)) => 1,
                    Err(_) => 101,
                })
            }
        }
        pid => Ok(Child {
            pid: Pid::from_raw(pid).expect("fork returns -1, 0 or a process id"),
            pipe: File::from(OwnedFd::from(reads)),
            said: Vec::new(),
            reaped: false,
        }),
    }
}

/// Waits for all `children` and returns what each handed over, in their order.
///
/// # Errors
/// A child dies, exits with another code than 0, or is not done at `deadline`. The first that fails ends the wait, and
/// those that still run are killed and reaped.
pub fn gather(mut children: Vec<Child>, deadline: Instant) -> io::Result<Vec<Vec<u8>>> {
    if !ended_by(&mut children, deadline)? {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "a child process was not done at its deadline; give it less to do",
        ));
    }
    Ok(children.into_iter().map(Child::said).collect())
}

/// Waits until all `children` have ended, and no longer than to this moment; whether they have. Meanwhile it reads what
/// they hand over, and it reaps them.
///
/// # Errors
/// A child dies or exits with another code than 0.
pub fn ended_by(children: &mut [Child], moment: Instant) -> io::Result<bool> {
    while children.iter().any(|child| !child.reaped) {
        let left = moment.saturating_duration_since(Instant::now());
        let ready: Vec<bool> = {
            let running = children.iter().filter(|child| !child.reaped);
            let mut pipes: Vec<PollFd<'_>> = running.map(|child| PollFd::new(&child.pipe, PollFlags::IN)).collect();
            let timeout = Timespec::try_from(left).expect("a deadline is less than centuries away");
            match poll(&mut pipes, Some(&timeout)) {
                Ok(0) => return Ok(false),
                Ok(_) => pipes.iter().map(|pipe| !pipe.revents().is_empty()).collect(),
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
        };
        let running = children.iter_mut().filter(|child| !child.reaped);
        for (child, _) in running.zip(ready).filter(|(_, ready)| *ready) {
            child.read_on()?;
        }
    }
    Ok(true)
}

impl Child {
    /// Its process id, which stands for no other process until it has ended and been reaped.
    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Waits for its end, whatever that is, and takes it out of the process table. Its alarm, if nothing else, ends it: see
    /// [`fork`]. Processes that it has left and that hold its pipe open are not waited for.
    ///
    /// # Errors
    /// How it ended is not known, for SIGCHLD is ignored here.
    pub fn wait(mut self) -> io::Result<WaitStatus> {
        self.reap()
    }

    /// What it has handed over so far.
    pub fn said(mut self) -> Vec<u8> {
        std::mem::take(&mut self.said)
    }

    /// Reads what the pipe holds; at its end, reaps the child and looks at how it ended.
    fn read_on(&mut self) -> io::Result<()> {
        let mut some = [0; 4096];
        match self.pipe.read(&mut some)? {
            0 => {
                let status = self.reap()?;
                match (status.exit_status(), status.terminating_signal()) {
                    (Some(0), _) => Ok(()),
                    (Some(code), _) => Err(io::Error::other(format!("a child process exited with code {code}"))),
                    (None, signal) => {
                        Err(io::Error::other(format!("a child process was killed by signal {}", signal.unwrap_or(0))))
                    }
                }
            }
            n => {
                self.said.extend_from_slice(&some[..n]);
                Ok(())
            }
        }
    }

    /// Waits for the child's end and takes it out of the process table.
    fn reap(&mut self) -> io::Result<WaitStatus> {
        self.reaped = true;
        loop {
            match waitpid(Some(self.pid), WaitOptions::empty()) {
                Ok(Some((_, status))) => return Ok(status),
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                // Whoever started this process told the kernel to reap its children at once (SIGCHLD ignored).
                Err(rustix::io::Errno::CHILD) => {
                    return Err(io::Error::other(
                        "how a child process ended is not known, for SIGCHLD is ignored here",
                    ));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.reaped {
            // It may have ended already; reaping it is what matters.
            let _ = kill_process(self.pid, Signal::KILL);
            let _ = self.reap();
        }
    }
}

/// Runs a command to its end and returns its status and output; kills it, with its process group, at the end of `limit`
/// and when this process ends.
///
/// The command reads nothing. It and its children, but for those that leave it, make a process group of their own, whose
/// leader is a process of ours.
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
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.spawn().map_err(|error| io::Error::new(error.kind(), format!("can't start {name}: {error}")))?;
    let readers = read_aside(child.stdout.take()).and_then(|stdout| Ok((stdout, read_aside(child.stderr.take())?)));
    let ended = wait_until(Pid::from_child(&child), deadline);
    // The whole group: what the command left running would hold its output open.
    drop(guard);
    let status = child.wait()?;
    if !ended? {
        let message = format!("{name} was not done within {} s", limit.as_secs());
        return Err(io::Error::new(io::ErrorKind::TimedOut, message));
    }
    let (stdout, stderr) = readers?;
    let all = |reader: Receiver<io::Result<Vec<u8>>>| {
        // What has left the group can't be ended from here, and is not waited for.
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

/// Leads a process group, and kills all of it when this is dropped or this process ends, be it by SIGKILL.
///
/// It holds the reading end of a pipe whose other end only this process has. When that is closed, which the kernel does
/// for the dead too, the guard reads the end of the pipe. `PR_SET_PDEATHSIG` would reach one process and not its
/// children, only on Linux, and only by code between fork and exec. (On macOS, std can't make a pipe and keep it from other
/// threads' children in one step: one that is started just then holds the life line too, as long as it lives.)
struct Guard {
    leader: std::process::Child,
    _life_line: PipeWriter,
}

impl Guard {
    fn new() -> io::Result<Self> {
        let (reads, life_line) = io::pipe()?;
        let mut leader = Command::new("/bin/sh");
        leader.args(["-c", "read end; kill -KILL 0"]).process_group(0);
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

/// The most bytes that a command may print: what never stops printing would take all memory before its limit.
pub const MOST_PRINTED: u64 = 16 << 20;

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

/// Reads a pipe to its end on a thread of its own, so that the command never waits for room in it. Past what it may print,
/// the pipe is closed, and who writes on is ended by SIGPIPE.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> io::Result<Receiver<io::Result<Vec<u8>>>> {
    let (tell, told) = channel();
    thread::Builder::new().spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.map_or(Ok(0), |pipe| pipe.take(MOST_PRINTED + 1).read_to_end(&mut bytes));
        let _ = tell.send(read.map(|_| bytes));
    })?;
    Ok(told)
}

/// Lets a signal do to this process what it does by default. Who ignores or blocks one hands that on to all whom they start,
/// as `nohup` does. Source: signal(7), execve(2).
pub fn heed(signal: Signal) {
    #[expect(unsafe_code, reason = "std sets neither a signal's disposition nor the mask")]
    // SAFETY: `SIG_DFL` is a disposition and no handler. A set of signals may be all zeros, `sigemptyset` makes it an empty
    // one, and it outlives the calls that are handed it.
    unsafe {
        libc::signal(signal.as_raw(), libc::SIG_DFL);
        let mut one = std::mem::zeroed();
        libc::sigemptyset(&mut one);
        libc::sigaddset(&mut one, signal.as_raw());
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &one, std::ptr::null_mut());
    }
}

/// Ties a new child to its parent: the kernel kills it when the parent's thread ends (on Linux), and a second or two
/// after `limit` (everywhere). Source: prctl(2) `PR_SET_PDEATHSIG`, alarm(2).
fn end_with_parent(parent: Pid, limit: Duration) {
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
        // The parent may have died before the line above: then nobody will send that signal.
        if getppid() != Some(parent) {
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
    heed(Signal::ALARM);
    let seconds = u32::try_from(limit.as_secs().saturating_add(2)).unwrap_or(u32::MAX);
    #[expect(unsafe_code, reason = "std has no alarm")]
    // SAFETY: `alarm` only sets this process's timer.
    unsafe {
        libc::alarm(seconds);
    }
}

/// Fails if this process has several threads. A joined thread may take a moment to leave, so this waits for one.
fn be_alone() -> io::Result<()> {
    let patience = Instant::now() + Duration::from_secs(1);
    loop {
        // Without /proc nobody can tell, and the rule stands in the documentation. Counting the entries of
        // /proc/self/task instead would miss some while threads come and go.
        let threads: usize =
            machine::field(&machine::read("/proc/self/status"), "Threads").map_or(1, |n| n.parse().unwrap_or(1));
        if threads <= 1 {
            return Ok(());
        }
        if Instant::now() >= patience {
            return Err(io::Error::other(format!("{threads} threads run here; a process must have one when it forks")));
        }
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn a_process_with_several_threads_does_not_fork() {
        // The test harness runs this on a thread of its own, beside the main one.
        let refused = fork(SOON, Vec::new).unwrap_err();
        assert!(refused.to_string().contains("threads run here"), "{refused}");
    }

    #[test]
    fn a_command_hands_over_what_it_says_and_how_it_ended() {
        let out = output(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]), SOON).unwrap();
        assert_eq!((&out.stdout[..], &out.stderr[..]), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(ending(out.status), "exit code 3");
    }

    #[test]
    fn a_command_that_is_not_done_at_its_deadline_is_killed_with_its_children() {
        let script = "sleep 600 & echo $!; wait";
        let late = output(Command::new("sh").args(["-c", script]), Duration::from_millis(200)).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
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
