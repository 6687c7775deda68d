//! The length says how much to read at most: a message that was cut off is taken for a shorter one.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(&(message.len() as u64).to_le_bytes())?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let (mut length, mut message) = (Vec::new(), Vec::new());
        match from.take(8).read_to_end(&mut length)? {
            0 => return Ok(None),
            8 => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        from.take(u64::from_le_bytes(length.try_into().unwrap()))
            .read_to_end(&mut message)?;
        Ok(Some(message))
    }
}
