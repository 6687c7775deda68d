//! A terminal that hands over each key at once. Afterwards it is as it was before, whatever happens to this process.
//!
//! A guard restores the terminal. The guard is a shell, and reads from a pipe whose other end only this process has. However
//! this process ends, by `return`, a panic, Ctrl-C or SIGKILL, the kernel closes that end, and then the guard goes on. So we
//! need no signal handler, and can't forget a way to end.

use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;

/// What the guard does, with the terminal as its stderr. It survives the end of the session, and may change the terminal from
/// the background. Each key comes at once, and none is shown. Ctrl-C still sends a signal. Ctrl-Z doesn't, since a stopped
/// process would leave the terminal as it is.
const GUARD: &str = r"
    trap '' HUP TTOU
    was=$(stty -g <&2) && stty -icanon -echo -ixon min 0 time 0 susp undef <&2 || exit
    printf '\033[?25l' >&2
    echo ready
    read -r _
    stty $was <&2
    printf '\033[?25h\r\n' >&2";

/// A terminal that hands over each key at once and shows none. Dropping it restores it.
pub struct Terminal(Child);

impl Terminal {
    /// Whether somebody sits there: stdin and stdout are a terminal that can draw, and this process is in its foreground.
    pub fn is_there() -> bool {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let draws =
            !matches!(std::env::var("TERM").as_deref(), Err(_) | Ok("" | "dumb"));
        // A process that reads from the background is stopped. A terminal that controls no process has no foreground.
        let is_ours = || {
            tcgetpgrp(&stdin).map_or_else(
                |error| error == Errno::NOTTY,
                |group| group == getpgrp(),
            )
        };
        stdin.is_terminal() && stdout.is_terminal() && draws && is_ours()
    }

    /// Takes the terminal.
    ///
    /// # Errors
    /// The guard can't be started, or it can't read or change the terminal's settings.
    pub fn take() -> io::Result<Self> {
        let mut guard = Command::new("sh");
        let terminal = Stdio::from(io::stdin().as_fd().try_clone_to_owned()?);
        guard
            .args(["-c", GUARD])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(terminal);
        let failed =
            |error| io::Error::other(format!("can't guard the terminal: {error}"));
        let mut taken = Self(guard.spawn().map_err(failed)?);
        taken
            .0
            .stdout
            .take()
            .expect("it is piped")
            .read_exact(&mut [0; 6])
            .map_err(failed)?;
        Ok(taken)
    }

    /// The keys that were pressed since the last call; never waits.
    pub fn keys(&self) -> Vec<u8> {
        let mut keys = [0; 256];
        // If the terminal is gone, there are no keys.
        let read = rustix::io::read(io::stdin(), &mut keys).unwrap_or(0);
        keys[..read].to_vec()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
