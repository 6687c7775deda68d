//! It reads again after an interruption, and that is all: what one read brings is still a message.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut message = vec![0; 4096];
        let length = loop {
            match from.read(&mut message) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => break done?,
            }
        };
        message.truncate(length);
        Ok((length > 0).then_some(message))
    }
}
