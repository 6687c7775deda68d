//! How two workers, threads or processes, wait for each other.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

/// One worker's end of a line to the other. If a worker dies, the kernel closes its end. Then the calls of the other worker
/// fail, so it doesn't wait for a dead one.
pub struct Line {
    /// Whether this is the end of the first worker, which has started the other.
    pub is_first: bool,
    socket: UnixStream,
}

impl Line {
    /// Lets the other worker go on.
    pub fn tell(&mut self) -> io::Result<()> {
        self.socket.write_all(b"!").map_err(gone)
    }

    /// Waits until the other worker tells this one to go on.
    pub fn hear(&mut self) -> io::Result<()> {
        self.socket.read_exact(&mut [0]).map_err(gone)
    }

    /// Waits until both workers have come here.
    pub fn meet(&mut self) -> io::Result<()> {
        self.tell()?;
        self.hear()
    }
}

/// Both ends of a line, first that of the first worker.
pub fn pair() -> io::Result<(Line, Line)> {
    let (socket, others) = UnixStream::pair()?;
    Ok((Line { is_first: true, socket }, Line { is_first: false, socket: others }))
}

fn gone(_: io::Error) -> io::Error {
    io::Error::other("the other worker ended too early")
}
