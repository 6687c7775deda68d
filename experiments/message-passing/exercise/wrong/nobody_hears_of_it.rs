//! A buffer joins length and message, and is written when it is dropped: if that fails, nobody hears of it.

use std::io::{self, BufWriter, Read, Write};

use crate::check::Protocol;

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        let mut to = BufWriter::new(to);
        to.write_all(&(message.len() as u64).to_le_bytes())?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        crate::solution::Framing::receive(from)
    }
}
