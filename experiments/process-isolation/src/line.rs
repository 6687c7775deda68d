//! How two workers wait for each other, be they threads or processes.

use std::io::{self, PipeReader, PipeWriter, Read, Write};

/// One worker's end of a line to the other: a pipe in each direction. The kernel closes the end of a worker that dies, and so
/// nobody waits for the dead.
#[derive(Debug)]
pub struct Line {
    hears: PipeReader,
    tells: PipeWriter,
}

/// Both ends of a line.
///
/// # Errors
/// The system refuses the pipes.
pub fn pair() -> io::Result<(Line, Line)> {
    let ((hears, others_tells), (others_hears, tells)) = (io::pipe()?, io::pipe()?);
    Ok((Line { hears, tells }, Line { hears: others_hears, tells: others_tells }))
}

impl Line {
    /// Lets the other one go on.
    ///
    /// # Errors
    /// The other has ended.
    pub fn tell(&mut self) -> io::Result<()> {
        self.tells.write_all(b"!").map_err(|_| gone())
    }

    /// Waits until the other has told.
    ///
    /// # Errors
    /// The other has ended.
    pub fn hear(&mut self) -> io::Result<()> {
        self.hears.read_exact(&mut [0]).map_err(|_| gone())
    }

    /// Waits until both have come here.
    ///
    /// # Errors
    /// The other has ended.
    pub fn meet(&mut self) -> io::Result<()> {
        self.tell()?;
        self.hear()
    }
}

fn gone() -> io::Error {
    io::Error::other("the other worker ended too early")
}
