//! How two workers wait for each other, be they threads or processes.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

/// One worker's end of a line to the other. The kernel closes the end of a worker that dies, so the other one doesn't wait for
/// the dead: whatever it does then fails.
pub struct Line {
    /// Whether this is the end of the worker that was there first, and started the other.
    pub is_first: bool,
    socket: UnixStream,
}

impl Line {
    /// Lets the other one go on.
    pub fn tell(&mut self) -> io::Result<()> {
        self.socket.write_all(b"!").map_err(gone)
    }

    /// Waits until the other has told.
    pub fn hear(&mut self) -> io::Result<()> {
        self.socket.read_exact(&mut [0]).map_err(gone)
    }

    /// Waits until both have come here.
    pub fn meet(&mut self) -> io::Result<()> {
        self.tell()?;
        self.hear()
    }
}

/// Both ends of a line, that of the first worker first.
pub fn pair() -> io::Result<(Line, Line)> {
    let (socket, others) = UnixStream::pair()?;
    Ok((Line { is_first: true, socket }, Line { is_first: false, socket: others }))
}

fn gone(_: io::Error) -> io::Error {
    io::Error::other("the other worker ended too early")
}
