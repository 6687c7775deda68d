//! A line is a message: one that contains a newline is two.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(message)?;
        to.write_all(b"\n")
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let (mut message, mut byte) = (Vec::new(), [0]);
        while from.read_exact(&mut byte).is_ok() {
            match byte {
                [b'\n'] => return Ok(Some(message)),
                [other] => message.push(other),
            }
        }
        Ok(None)
    }
}
