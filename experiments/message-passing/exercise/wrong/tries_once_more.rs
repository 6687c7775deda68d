//! It tries once more after an interruption, and gives up at the second.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(&(message.len() as u64).to_le_bytes())?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0; 8];
        match filled(from, &mut length)? {
            0 => return Ok(None),
            8 => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let mut message = vec![0; u64::from_le_bytes(length) as usize];
        match filled(from, &mut message)? == message.len() {
            true => Ok(Some(message)),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// How many bytes came, all of them unless the stream ends before.
fn filled(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < bytes.len() {
        match from
            .read(&mut bytes[got..])
            .or_else(|_| from.read(&mut bytes[got..]))?
        {
            0 => break,
            some => got += some,
        }
    }
    Ok(got)
}
