//! Messages through a stream of bytes: the repair exercise.
//!
//! On the author's machine it works: one write, one read, one message. A stream promises no such thing, and `cargo test -p
//! message-passing --test exercise -- --ignored` tells what comes out then. Repair `Framing`; both of its functions may change.
//! Messages may be empty, or as long as 20 MB, and may contain any byte. A stream that ends within one is an error, and so is one that
//! breaks. The receiver may be another program, and knows the stream alone: all of a message is in there once it was sent, and what
//! belongs to the next stays there.

use std::io::{self, Read, Write};

use crate::check::Protocol;

// ANCHOR: framing
/// One write is one message, and so is one read.
pub(crate) struct Framing;

impl Protocol for Framing {
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
        to.write_all(message)
    }

    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
        let mut message = vec![0; 4096];
        let length = from.read(&mut message)?;
        message.truncate(length);
        Ok((length > 0).then_some(message))
    }
}
// ANCHOR_END: framing
