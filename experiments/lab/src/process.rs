//! Child processes that end by themselves, at their deadline, or with their parent.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

pub use base::process::{MOST_PRINTED, ending, output, output_but_stderr};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, getpid, getppid, kill_process, waitid, waitpid,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::machine;

/// A forked child. Dropping it kills and reaps it.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    pipe: File,
    said: Vec<u8>,
    reaped: bool,
}

/// Forks a child that does `work`, sends the returned bytes through a pipe, and exits.
///
/// The child never returns into its caller's frames: a panic in `work` ends it with exit code 101. The kernel kills the child
/// when the thread that forked it ends. If no parent is left to do that, SIGALRM ends it a second or two after `limit`.
///
/// # Errors
/// The system refuses the process or the pipe, or this process has several threads. A fork copies only the thread that
/// calls it, and a lock that another thread held would stay locked in the child for ever. Source: fork(2), and A. Baumann
/// et al., *A fork() in the road*, HotOS 2019.
pub fn fork(limit: Duration, work: impl FnOnce() -> Vec<u8>) -> io::Result<Child> {
    let mut work = Some(work);
    fork_once(limit, &mut || work.take().map_or_else(Vec::new, |work| work()))
}

/// Does what [`fork`] does, and is compiled once for all kinds of work.
fn fork_once(limit: Duration, work: &mut dyn FnMut() -> Vec<u8>) -> io::Result<Child> {
    be_alone()?;
    let (reads, writes) = io::pipe()?;
    let parent = getpid();
    #[expect(unsafe_code, reason = "fork is the subject")]
    // SAFETY: `be_alone` saw one thread, so the child's copy of this process is whole: no lock is held by a thread that the
    // child lacks. Without /proc it can't tell. Then such a lock could block the child until its deadline, which corrupts no
    // memory.
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
/// A child dies, exits with another code than 0, or is not done at `deadline`. The first failure ends the wait, and the
/// children that still run are killed and reaped.
pub fn gather(mut children: Vec<Child>, deadline: Instant) -> io::Result<Vec<Vec<u8>>> {
    if !ended_by(&mut children, deadline)? {
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "a child process was not done at its deadline; give it less to do, or wait until the machine is less busy",
        ));
    }
    Ok(children.into_iter().map(Child::said).collect())
}

/// Waits until all `children` have ended, but not beyond this moment, and tells whether they have. While it waits, it reads
/// what they hand over, and reaps them.
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

/// What a child hands over: its result, or why it has none. The parent reads it by [`take_over`] or [`handed_over`].
pub fn hand_over<R: Serialize>(result: io::Result<R>) -> Vec<u8> {
    serde_json::to_vec(&result.map_err(|error| error.to_string())).expect("a result can be written as JSON")
}

/// What a child has handed over by [`hand_over`] when it ends, at the latest after `limit`.
///
/// # Errors
/// The child has no result, or as for [`gather`].
pub fn take_over<R: DeserializeOwned>(child: Child, limit: Duration) -> io::Result<R> {
    handed_over(&gather(vec![child], Instant::now() + limit)?.concat())
}

/// The result in the bytes that a child has handed over by [`hand_over`].
///
/// # Errors
/// The child has no result, or the bytes don't come from [`hand_over`].
pub fn handed_over<R: DeserializeOwned>(said: &[u8]) -> io::Result<R> {
    serde_json::from_slice::<Result<R, String>>(said)?.map_err(io::Error::other)
}

impl Child {
    /// The child's process id, which no other process gets before the child has ended and been reaped.
    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Sends the child a signal; the child may have ended already.
    ///
    /// # Errors
    /// The system refuses the signal.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(self.pid, signal)?)
    }

    /// Whether the child has ended. It stays in the process table, a zombie, until it is waited for or dropped.
    pub fn has_ended(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.pid), look), Ok(None))
    }

    /// Waits until the child has ended, and leaves it in the process table.
    pub fn until_ended(&self) {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(self.pid), look), Err(rustix::io::Errno::INTR)) {}
    }

    /// Waits until the child has ended, in whatever way, and takes it out of the process table. If nothing else ends the child,
    /// its alarm does: see [`fork`]. Children of its own that hold its pipe open are not waited for.
    ///
    /// # Errors
    /// Nobody knows how the child ended, since SIGCHLD is ignored here.
    pub fn wait(mut self) -> io::Result<WaitStatus> {
        self.reap()
    }

    /// What the child has handed over so far.
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
                // The program that started this one has told the kernel to reap children at once (SIGCHLD ignored).
                Err(rustix::io::Errno::CHILD) => {
                    return Err(io::Error::other(
                        "can't tell how a child process ended: SIGCHLD is ignored here; start this from a plain shell",
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
            // The child may have ended already. Reaping it is what matters.
            let _ = kill_process(self.pid, Signal::KILL);
            let _ = self.reap();
        }
    }
}

/// Lets a signal do to this process what it does by default. A program that ignores or blocks a signal, as `nohup` does, hands
/// that on to every program that it starts. Source: signal(7), execve(2).
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
        // The parent may have died before the line above. Then the kernel will not send that signal.
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

/// Fails if this process has several threads. A joined thread may take a moment to leave, so this waits for up to a second.
fn be_alone() -> io::Result<()> {
    let patience = Instant::now() + Duration::from_secs(1);
    loop {
        // Without /proc this can't tell, and relies on the callers. Counting the entries of /proc/self/task instead would
        // miss some while threads come and go.
        let threads: usize =
            machine::field(&machine::read("/proc/self/status"), "Threads").map_or(1, |n| n.parse().unwrap_or(1));
        if threads <= 1 {
            return Ok(());
        }
        if Instant::now() >= patience {
            return Err(io::Error::other(format!("this process has {threads} threads; to fork, it may have only one")));
        }
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_several_threads_does_not_fork() {
        // The test harness runs this test on a thread of its own, so there are at least two.
        let refused = fork(Duration::from_secs(10), Vec::new).unwrap_err();
        assert!(refused.to_string().contains("it may have only one"), "{refused}");
    }
}
