//! What a right framing must pass: messages come as they were sent, however the stream cuts its bytes. It feeds readers and
//! writers that move a few bytes at a time, so it says the same on every machine.

use std::io::{self, Read, Write};
use std::thread;

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
    /// How often it was read on at its end.
    at_the_end: usize,
}

/// As often a reader may ask at the end of a stream, where the answer stays the same.
const PATIENCE: usize = 1000;

impl Stream {
    fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), at: 0, most, calls: 0, at_the_end: 0 }
    }

    /// What came through it before it was cut off after so many bytes.
    fn cut(&self, length: usize) -> Self {
        Self { bytes: self.bytes[..length].to_vec(), ..Self::new(self.most) }
    }

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
        self.at_the_end += usize::from(left == 0);
        assert!(self.at_the_end < PATIENCE, "it goes on reading for ever, though the stream has ended");
        some[..moved].copy_from_slice(&self.bytes[self.at..self.at + moved]);
        self.at += moved;
        Ok(moved)
    }
}

/// Sends messages and receives them, through streams that cut their bytes in several ways; says what went wrong first.
pub(crate) fn check<P: Protocol>() -> Result<(), String> {
    let ways = [usize::MAX, 1, 7, 4096];
    // What an answer keeps aside is gone with its thread, and a panic ends nothing else.
    let checked = thread::scope(|scope| {
        let checks = scope.spawn(|| {
            ways.into_iter().try_for_each(|most| whole::<P>(most).map_err(through(most)))?;
            two_streams::<P>()?;
            ways.into_iter().try_for_each(|most| cut_off::<P>(most).map_err(through(most)))
        });
        checks.join()
    });
    checked.unwrap_or_else(|why| {
        let why = why.downcast_ref::<String>().map(String::as_str).or_else(|| why.downcast_ref::<&str>().copied());
        Err(format!("it panics: {}", why.unwrap_or("it doesn't say why")))
    })
}

fn through(most: usize) -> impl Fn(String) -> String {
    let way = match most {
        usize::MAX => "as many bytes at a time as there are".to_owned(),
        1 => "one byte at a time".to_owned(),
        most => format!("{most} bytes at a time"),
    };
    move |what| format!("through a stream that moves {way}, {what}")
}

/// Messages that come whole, in one stream and then in another.
fn whole<P: Protocol>(most: usize) -> Result<(), String> {
    let long: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
    let short = [&b"one"[..], b"two\nlines\0", b"", &[0xff; 255], b"the last of these"];
    for messages in [&short[..], &[&long, b"the last"]] {
        let mut stream = Stream::new(most);
        messages.iter().try_for_each(|message| sent::<P>(&mut stream, message))?;
        messages.iter().try_for_each(|message| received::<P>(&mut stream, message))?;
        ended::<P>(&mut stream)?;
    }
    Ok(())
}

/// A receiver may be another program, which knows its stream and nothing else: not what was sent through others meanwhile.
fn two_streams<P: Protocol>() -> Result<(), String> {
    let mut streams = [(Stream::new(usize::MAX), &b"to one"[..]), (Stream::new(usize::MAX), b"and to another one")];
    for (stream, message) in &mut streams {
        sent::<P>(stream, message)?;
    }
    for (stream, message) in streams.iter_mut().rev() {
        let why = |what| format!("with two streams at a time, whose receivers may be other programs, {what}");
        received::<P>(stream, message).map_err(why)?;
    }
    Ok(())
}

/// Messages whose sender dies while it sends: what is there is no message, unless all of it is.
fn cut_off<P: Protocol>(most: usize) -> Result<(), String> {
    let long: Vec<u8> = (0..300).map(|at| at as u8).collect();
    for message in [b"cut off", &long[..]] {
        let mut whole = Stream::new(most);
        sent::<P>(&mut whole, message)?;
        ended::<P>(&mut whole.cut(0))?;
        let length = whole.bytes.len();
        for lost in 1..length {
            match P::receive(&mut whole.cut(length - lost)) {
                Err(_) => {}
                Ok(Some(received)) if received == message => {}
                Ok(received) => {
                    let what = received.map_or("the end of the stream".to_owned(), |received| told(&received));
                    return Err(format!("a message that lacks its last {lost} bytes was taken for {what}"));
                }
            }
        }
    }
    Ok(())
}

fn sent<P: Protocol>(stream: &mut Stream, message: &[u8]) -> Result<(), String> {
    P::send(stream, message).map_err(|error| format!("{} isn't sent: {error}", told(message)))
}

fn received<P: Protocol>(stream: &mut Stream, message: &[u8]) -> Result<(), String> {
    match P::receive(stream) {
        Ok(Some(received)) if received == message => Ok(()),
        Ok(Some(received)) => Err(format!("{} came instead of {}", told(&received), told(message))),
        Ok(None) => Err(format!("the stream ended before {}", told(message))),
        Err(error) => Err(format!("{} isn't received: {error}", told(message))),
    }
}

fn ended<P: Protocol>(stream: &mut Stream) -> Result<(), String> {
    match P::receive(stream) {
        Ok(None) => Ok(()),
        Ok(Some(received)) => Err(format!("its end was taken for {}", told(&received))),
        Err(error) => Err(format!("its end between two messages was taken for an error: {error}")),
    }
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
