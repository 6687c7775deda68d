//! A terminal that hands over each key at once, and is as it was afterwards, whatever happens to this process.
//!
//! A guard restores it: a shell, which reads a pipe whose other end only its parent has. However that one ends, by
//! `return`, a panic, Ctrl-C or SIGKILL, the kernel closes that end, and the guard goes on. No handler of ours runs in a
//! signal, and there is no way out that was forgotten.

use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::tcgetpgrp;

/// What the guard does, with the terminal as its stderr. No end of a session ends it, and it may change a terminal in
/// whose background it is. Each key comes at once and none is shown; but Ctrl-C is a signal still, and Ctrl-Z is none:
/// whoever is stopped leaves the terminal as it is.
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
    /// Whether somebody sits there: stdin and stdout are a terminal that draws, and it is ours.
    pub fn is_there() -> bool {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let draws =
            !matches!(std::env::var("TERM").as_deref(), Err(_) | Ok("" | "dumb"));
        // In the background, whoever reads the terminal is stopped. One that controls no process has no foreground.
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
        // A terminal that is gone has no keys.
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
