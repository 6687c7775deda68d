//! Chunks of at most 4096 bytes, of which one that isn't full is the last. A message of 4096 bytes has no last one.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        if message.is_empty() {
            return to.write_all(&[0; 2]);
        }
        for chunk in message.chunks(4096) {
            to.write_all(&(chunk.len() as u16).to_le_bytes())?;
            to.write_all(chunk)?;
        }
        Ok(())
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let (mut message, mut length) = (Vec::new(), Vec::new());
        match from.take(2).read_to_end(&mut length)? {
            0 => return Ok(None),
            2 => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        loop {
            let mut chunk =
                vec![0; usize::from(u16::from_le_bytes([length[0], length[1]]))];
            from.read_exact(&mut chunk)?;
            message.extend(&chunk);
            if chunk.len() < 4096 {
                return Ok(Some(message));
            }
            from.read_exact(&mut length)?;
        }
    }
}
