//! A newline ends a message, and goes as a backslash and an n where it is part of one. But so does a backslash before an n.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        let mut line = Vec::new();
        for byte in message {
            match byte {
                b'\n' => line.extend(b"\\n"),
                other => line.push(*other),
            }
        }
        line.push(b'\n');
        to.write_all(&line)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let (mut message, mut byte) = (Vec::new(), Vec::new());
        if from.take(1).read_to_end(&mut byte)? == 0 {
            return Ok(None);
        }
        loop {
            match byte[0] {
                b'\n' => return Ok(Some(message)),
                b'n' if message.pop_if(|last| *last == b'\\').is_some() => {
                    message.push(b'\n');
                }
                other => message.push(other),
            }
            from.read_exact(&mut byte)?;
        }
    }
}
