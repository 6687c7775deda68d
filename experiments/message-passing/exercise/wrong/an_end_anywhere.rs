//! Wherever the stream ends, in a length too, it has ended as it should.

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
        match from.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(None);
            }
            done => done?,
        }
        let mut message = vec![0; u64::from_le_bytes(length) as usize];
        from.read_exact(&mut message)?;
        Ok(Some(message))
    }
}
