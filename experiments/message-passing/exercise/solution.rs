//! A solution of the exercise. Try your own before you read this.

use std::io::{self, Read, Write};

use crate::check::Protocol;

// ANCHOR: solution
/// The length of each message goes before it, in 8 bytes.
pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(&(message.len() as u64).to_le_bytes())?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut length = Vec::new();
        match from.take(8).read_to_end(&mut length)? {
            0 => return Ok(None), // the stream ends between two messages
            8 => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let length =
            u64::from_le_bytes(length.try_into().expect("these are 8 bytes"));
        // It grows with what comes, whatever length was announced.
        let mut message = Vec::new();
        match from.take(length).read_to_end(&mut message)? as u64 == length {
            true => Ok(Some(message)),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
// ANCHOR_END: solution
