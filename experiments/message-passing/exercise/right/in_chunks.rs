//! Chunks of at most 255 bytes, each with its length before it; one that isn't full is the last.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        let (full, rest) = message.as_chunks::<255>();
        for chunk in full.iter().map(|chunk| &chunk[..]).chain([rest]) {
            to.write_all(&[chunk.len() as u8])?;
            to.write_all(chunk)?;
        }
        Ok(())
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let (mut message, mut length) = (Vec::new(), Vec::new());
        if from.take(1).read_to_end(&mut length)? == 0 {
            return Ok(None);
        }
        loop {
            let mut chunk = vec![0; usize::from(length[0])];
            from.read_exact(&mut chunk)?;
            message.extend(chunk);
            if length[0] < 255 {
                return Ok(Some(message));
            }
            from.read_exact(&mut length)?;
        }
    }
}
