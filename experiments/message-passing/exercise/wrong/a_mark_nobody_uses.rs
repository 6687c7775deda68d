//! A mark that no message contains, until one does: this file is a message too.

use std::io::{self, Read, Write};

use crate::check::Protocol;

const END: &[u8] = b"--8<-- end of message --8<--";

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(message)?;
        to.write_all(END)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut message = Vec::new();
        while from.take(1).read_to_end(&mut message)? > 0 {
            if let Some(message) = message.strip_suffix(END) {
                return Ok(Some(message.to_vec()));
            }
        }
        if message.is_empty() {
            Ok(None)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}
