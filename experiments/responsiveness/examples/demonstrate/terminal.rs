//! A terminal that hands over each key at once, and is as it was afterwards, whatever happens to this process.
//!
//! Only one process restores it: a guard, which this program starts of itself. It reads a pipe whose other end only its parent
//! has. However that one ends, by `return`, a panic, Ctrl-C or SIGKILL, the kernel closes that end, and the guard reads the end
//! of the pipe. No handler of ours runs in a signal, and there is no way out that was forgotten.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

use rustix::io::Errno;
use rustix::process::{getpgrp, setsid};
use rustix::termios::{InputModes, LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcgetpgrp, tcsetattr};

/// The argument with which the program is its own guard.
pub const GUARD: &str = "--guard-terminal";

/// Shows the cursor again, on a line of its own.
const SHOW_CURSOR: &[u8] = b"\x1b[?25h\r\n";
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";

/// A terminal that hands over each key at once and shows none. Dropping it restores it.
#[derive(Debug)]
pub struct Terminal {
    guard: Child,
}

impl Terminal {
    /// Whether somebody sits there: stdin and stdout are a terminal that draws, and it is ours.
    pub fn is_there() -> bool {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let draws = !matches!(std::env::var("TERM").as_deref(), Err(_) | Ok("" | "dumb"));
        // In the background, whoever changes the terminal is stopped. One that controls no process has no foreground.
        let is_ours = || tcgetpgrp(&stdin).map_or_else(|error| error == Errno::NOTTY, |group| group == getpgrp());
        stdin.is_terminal() && stdout.is_terminal() && draws && is_ours()
    }

    /// Takes the terminal, once the guard is ready.
    ///
    /// # Errors
    /// The guard can't be started, or the terminal's settings can't be read or changed.
    pub fn take() -> io::Result<Self> {
        let mut guard = Command::new(std::env::current_exe()?);
        // Its own copy of the terminal, which is neither stdin nor stdout to it.
        let terminal = Stdio::from(io::stdin().as_fd().try_clone_to_owned()?);
        guard.arg(GUARD).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(terminal);
        let guard = guard.spawn().map_err(|error| io::Error::other(format!("can't guard the terminal: {error}")))?;
        let mut taken = Self { guard };
        let mut ready = [0];
        taken.guard.stdout.take().expect("it is piped").read_exact(&mut ready)?;

        let mut settings = tcgetattr(io::stdin())?;
        // Each key at once and none shown; but Ctrl-C is a signal still.
        settings.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        settings.input_modes -= InputModes::IXON;
        settings.special_codes[SpecialCodeIndex::VMIN] = 0;
        settings.special_codes[SpecialCodeIndex::VTIME] = 0;
        // Who is stopped leaves the terminal as it is.
        settings.special_codes[SpecialCodeIndex::VSUSP] = 0;
        tcsetattr(io::stdin(), OptionalActions::Flush, &settings)?;
        io::stdout().write_all(HIDE_CURSOR)?;
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
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// What the guard does: it keeps the terminal's settings, says that it has, and restores them when its parent has ended.
///
/// # Errors
/// There is no terminal on stderr, where its parent puts one.
pub fn guard() -> io::Result<()> {
    let terminal = File::from(io::stderr().as_fd().try_clone_to_owned()?);
    let settings = tcgetattr(&terminal)?;
    // In a session of its own, no key ends it, nor does the end of the terminal's session, and it may change a terminal that
    // doesn't control it. It refuses only a leader of a group, which none is who was just started.
    let _ = setsid();
    let mut stdout = io::stdout();
    stdout.write_all(b"\n")?;
    stdout.flush()?;
    // It ends without a byte; an error would be an end as well.
    let _ = io::stdin().read(&mut [0]);
    tcsetattr(&terminal, OptionalActions::Flush, &settings)?;
    (&terminal).write_all(SHOW_CURSOR)
}
