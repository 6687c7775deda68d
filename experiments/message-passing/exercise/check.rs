//! What a right framing must pass: messages come as they were sent, however the stream cuts its bytes. It feeds readers and
//! writers that move a few bytes at a time, so it says the same on every machine.

use std::io::{self, Read, Write};

/// Messages through a stream of bytes.
pub(crate) trait Protocol {
    /// Writes one message.
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()>;
    /// Reads the next message; nothing where the stream ends between two.
    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>>;
}

/// A stream that moves no more than so many bytes in a call, and is interrupted before every third.
struct Stream {
    bytes: Vec<u8>,
    at: usize,
    most: usize,
    calls: usize,
}

impl Stream {
    fn moves(&mut self, wanted: usize) -> io::Result<usize> {
        self.calls += 1;
        match self.calls % 3 {
            0 => Err(io::ErrorKind::Interrupted.into()),
            _ => Ok(wanted.min(self.most)),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        let moved = self.moves(some.len())?;
        self.bytes.extend(&some[..moved]);
        Ok(moved)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, some: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes.len() - self.at;
        let moved = self.moves(some.len().min(left))?;
        some[..moved].copy_from_slice(&self.bytes[self.at..self.at + moved]);
        self.at += moved;
        Ok(moved)
    }
}

/// Sends messages and receives them, through streams that cut their bytes in several ways; says what went wrong first.
pub(crate) fn check<P: Protocol>() -> Result<(), String> {
    let long: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let messages = [&b"one"[..], b"two\nlines\0", b"", &[0xff; 255], &long, b"the last"];
    for most in [usize::MAX, 1, 7, 4096] {
        let way = match most {
            usize::MAX => "as many bytes at a time as there are".to_owned(),
            1 => "one byte at a time".to_owned(),
            most => format!("{most} bytes at a time"),
        };
        let fault = |what: String| Err(format!("through a stream that moves {way}, {what}"));
        let mut stream = Stream { bytes: Vec::new(), at: 0, most, calls: 0 };
        for message in messages {
            if let Err(error) = P::send(&mut stream, message) {
                return fault(format!("a message of {} bytes isn't sent: {error}", message.len()));
            }
        }
        for message in messages {
            match P::receive(&mut stream) {
                Ok(Some(received)) if received == message => {}
                Ok(Some(received)) => {
                    return fault(format!("{} came in the place of {}", told(&received), told(message)));
                }
                Ok(None) => return fault(format!("the stream ended before {}", told(message))),
                Err(error) => return fault(format!("{} isn't received: {error}", told(message))),
            }
        }
        match P::receive(&mut stream) {
            Ok(None) => {}
            other => return fault(format!("its end is not told: {other:?}")),
        }
        // The other side dies while it sends: what is there is no message.
        for lost in 1..=4 {
            let mut stream = Stream { bytes: Vec::new(), at: 0, most, calls: 0 };
            P::send(&mut stream, b"cut off").map_err(|error| error.to_string())?;
            stream.bytes.truncate(stream.bytes.len().saturating_sub(lost));
            if let Ok(received) = P::receive(&mut stream) {
                let what = received.map_or("no message at all".to_owned(), |received| told(&received));
                return fault(format!("a message that lacks its last {lost} bytes was taken for {what}"));
            }
        }
    }
    Ok(())
}

/// A message in words.
fn told(message: &[u8]) -> String {
    let some = String::from_utf8_lossy(&message[..message.len().min(12)]).escape_debug().to_string();
    match message.len() {
        0 => "an empty message".to_owned(),
        1..=12 => format!("{some:?}"),
        length => format!("{some:?}… of {length} bytes"),
    }
}
