//! The length goes before the message, in three bytes: 16 MB are enough for anybody, and a longer one is cut off.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(&(message.len() as u32).to_be_bytes()[1..])?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut length = Vec::new();
        match from.take(3).read_to_end(&mut length)? {
            0 => return Ok(None),
            3 => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let mut message = vec![
            0;
            u32::from_be_bytes([0, length[0], length[1], length[2]])
                as usize
        ];
        from.read_exact(&mut message)?;
        Ok(Some(message))
    }
}
