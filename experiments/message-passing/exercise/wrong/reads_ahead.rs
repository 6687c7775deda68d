//! It reads whatever is there and keeps the rest for the next call: that call may be for another stream, or another program's.

use std::cell::RefCell;
use std::io::{self, Read, Write};

use crate::check::Protocol;

thread_local! {
    static AHEAD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(&(message.len() as u64).to_le_bytes())?;
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut ahead = AHEAD.take();
        let mut some = [0; 8192];
        loop {
            if let Some((length, rest)) = ahead.split_first_chunk() {
                let length = u64::from_le_bytes(*length) as usize;
                if let Some((message, rest)) = rest.split_at_checked(length) {
                    AHEAD.set(rest.to_vec());
                    return Ok(Some(message.to_vec()));
                }
            }
            match from.read(&mut some) {
                Ok(0) if ahead.is_empty() => return Ok(None),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => ahead.extend(&some[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
