//! The length goes before the message as decimal digits and a colon.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        write!(to, "{}:", message.len())?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let (mut length, mut byte) = (None, [0]);
        loop {
            match (from.read_exact(&mut byte), length) {
                (Ok(()), _) if byte[0].is_ascii_digit() => {
                    length = Some(
                        length.unwrap_or(0) * 10 + usize::from(byte[0] - b'0'),
                    );
                }
                (Ok(()), Some(length)) if byte == [b':'] => {
                    let mut message = vec![0; length];
                    return from.read_exact(&mut message).map(|()| Some(message));
                }
                (Ok(()), _) => return Err(io::ErrorKind::InvalidData.into()),
                (Err(error), None)
                    if error.kind() == io::ErrorKind::UnexpectedEof =>
                {
                    return Ok(None);
                }
                (Err(error), _) => return Err(error),
            }
        }
    }
}
