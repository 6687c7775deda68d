//! The length goes before the message in as many bytes as it needs: seven bits in each, and an eighth that says whether another follows.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        let (mut frame, mut left) = (Vec::new(), message.len());
        while left > 0x7f {
            frame.push((left & 0x7f) as u8 | 0x80);
            left >>= 7;
        }
        frame.push(left as u8);
        frame.extend(message);
        to.write_all(&frame)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let (mut length, mut byte) = (0, Vec::new());
        if from.take(1).read_to_end(&mut byte)? == 0 {
            return Ok(None);
        }
        for shift in (0..usize::BITS).step_by(7) {
            length |= usize::from(byte[0] & 0x7f) << shift;
            if byte[0] < 0x80 {
                let mut message = vec![0; length];
                return from.read_exact(&mut message).map(|()| Some(message));
            }
            from.read_exact(&mut byte)?;
        }
        Err(io::ErrorKind::InvalidData.into())
    }
}
