//! How two workers wait for each other, be they threads or processes.

use std::io::{self, PipeReader, PipeWriter, Read, Write};

/// Who a worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It was there first, and started the other.
    First,
    /// It was started.
    Other,
}

/// One worker's end of a line to the other: a pipe in each direction. The kernel closes the end of a worker that dies, and so
/// nobody waits for the dead.
#[derive(Debug)]
pub struct Line {
    /// Who is at this end.
    pub role: Role,
    hears: PipeReader,
    tells: PipeWriter,
}

/// Both ends of a line, that of the first worker first.
///
/// # Errors
/// The system refuses the pipes.
pub fn pair() -> io::Result<(Line, Line)> {
    let ((hears, others_tells), (others_hears, tells)) = (io::pipe()?, io::pipe()?);
    let first = Line { role: Role::First, hears, tells };
    Ok((first, Line { role: Role::Other, hears: others_hears, tells: others_tells }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_who_has_ended() {
        let (mut line, others_line) = pair().unwrap();
        drop(others_line);
        assert!(line.hear().is_err() && line.tell().is_err() && line.meet().is_err());
    }

    #[test]
    fn two_that_meet_go_on() {
        let (mut line, mut others_line) = pair().unwrap();
        std::thread::scope(|scope| {
            let other = scope.spawn(move || others_line.meet().and_then(|()| others_line.tell()));
            assert!(line.meet().is_ok() && line.hear().is_ok());
            assert!(other.join().unwrap().is_ok());
        });
    }
}
