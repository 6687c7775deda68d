//! It reads on until all bytes are there, and never looks whether any can come.

use std::io::{self, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(&(message.len() as u64).to_le_bytes())?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut length = Vec::new();
        match from.take(8).read_to_end(&mut length)? {
            0 => return Ok(None),
            8 => {}
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let mut message =
            vec![0; u64::from_le_bytes(length.try_into().unwrap()) as usize];
        let mut got = 0;
        while got < message.len() {
            match from.read(&mut message[got..]) {
                Ok(some) => got += some,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(message))
    }
}
