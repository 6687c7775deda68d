//! The length goes before the message, in two bytes: that of a long message is cut off.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(&(message.len() as u16).to_be_bytes())?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut length = Vec::new();
        match from.take(2).read_to_end(&mut length)? {
            0 => return Ok(None),
            2 => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let mut message =
            vec![0; usize::from(u16::from_be_bytes([length[0], length[1]]))];
        from.read_exact(&mut message)?;
        Ok(Some(message))
    }
}
