//! A newline ends a message, and goes as a backslash and an n where it is part of one.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        let mut line = Vec::new();
        for byte in message {
            match byte {
                b'\n' => line.extend(b"\\n"),
                b'\\' => line.extend(b"\\\\"),
                other => line.push(*other),
            }
        }
        line.push(b'\n');
        to.write_all(&line)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let (mut message, mut escaped, mut byte) = (Vec::new(), false, [0]);
        if from.take(1).read_to_end(&mut message)? == 0 {
            return Ok(None);
        }
        byte[0] = message.remove(0);
        loop {
            match byte[0] {
                b'\n' if !escaped => return Ok(Some(message)),
                b'\\' if !escaped => escaped = true,
                other => {
                    message.push(if escaped && other == b'n' {
                        b'\n'
                    } else {
                        other
                    });
                    escaped = false;
                }
            }
            from.read_exact(&mut byte)?;
        }
    }
}
