//! What a right framing must pass: messages come as they were sent, however the stream cuts its bytes. It feeds readers and
//! writers that move a few bytes at a time, so it says the same on every machine.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::panic::resume_unwind;
use std::thread;

/// Messages through a stream of bytes.
pub(crate) trait Protocol {
    /// Writes one message.
    fn send(to: &mut impl Write, message: &[u8]) -> io::Result<()>;
    /// Reads the next message; nothing where the stream ends between two.
    fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>>;
}

/// A stream that moves no more than this many bytes in a call, and is interrupted before every third, and often in a row.
struct Stream {
    bytes: Vec<u8>,
    at: usize,
    most: usize,
    calls: usize,
    /// How often it was read on at its end, or written on while it took nothing.
    in_vain: usize,
    /// The sender is still there and waits for an answer: a program that reads on at the end waits for ever.
    is_open: bool,
    /// It breaks after this many bytes.
    breaks_at: usize,
    /// What a break is: an error, or for a writer that nothing more is taken.
    is_full: bool,
    /// It keeps no more than this many bytes of what is written.
    keeps: usize,
}

/// As often may one ask in vain, where the answer stays the same.
const PATIENCE: usize = 1000;

/// Ends an answer that wouldn't end, with what is wrong with it.
struct Endless(&'static str);

/// The bytes of a message whose length needs a fourth byte.
const MEGABYTES: usize = (1 << 24) + 1;

impl Stream {
    fn new(most: usize) -> Self {
        let (in_vain, is_open, breaks_at, is_full, keeps) =
            (0, false, usize::MAX, false, usize::MAX);
        Self {
            bytes: Vec::new(),
            at: 0,
            most,
            calls: 0,
            in_vain,
            is_open,
            breaks_at,
            is_full,
            keeps,
        }
    }

    /// What came through it before it was cut off after this many bytes.
    fn cut(&self, length: usize) -> Self {
        Self { bytes: self.bytes[..length].to_vec(), ..Self::new(self.most) }
    }

    fn moves(&mut self, wanted: usize) -> io::Result<usize> {
        self.calls += 1;
        match self.calls {
            7..40 => Err(io::ErrorKind::Interrupted.into()),
            calls if calls % 3 == 0 => Err(io::ErrorKind::Interrupted.into()),
            _ => Ok(wanted.min(self.most)),
        }
    }

    fn asked_in_vain(&mut self, says: &'static str) {
        self.in_vain += 1;
        if self.in_vain == PATIENCE {
            resume_unwind(Box::new(Endless(says)));
        }
    }
}

impl Write for Stream {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        let left = self.breaks_at - self.bytes.len();
        let moved = self.moves(some.len().min(left))?;
        if left == 0 && !some.is_empty() {
            self.asked_in_vain(
                "it goes on writing for ever, though nothing is taken any more",
            );
            return if self.is_full {
                Ok(0)
            } else {
                Err(io::ErrorKind::BrokenPipe.into())
            };
        }
        let room = self.keeps - self.bytes.len();
        self.bytes.extend(&some[..moved.min(room)]);
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
        if self.at >= self.breaks_at {
            self.asked_in_vain(
                "it goes on reading for ever, though the stream is broken",
            );
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if left == 0 && !some.is_empty() {
            if self.is_open {
                resume_unwind(Box::new(Endless(READS_ON)));
            }
            self.asked_in_vain(
                "it goes on reading for ever, though the stream has ended",
            );
        }
        some[..moved].copy_from_slice(&self.bytes[self.at..self.at + moved]);
        self.at += moved;
        Ok(moved)
    }
}

/// What is said of a reader that waits for more than there is to come.
const READS_ON: &str = "it reads on after a message that is all there, and would wait for ever for a sender who waits for the answer";

/// Sends messages and receives them, through streams that cut their bytes in several ways; says what went wrong first.
pub(crate) fn check<P: Protocol>() -> Result<(), String> {
    let ways = [usize::MAX, 1, 7, 4096];
    // What an answer keeps aside is gone with its thread, and a panic ends nothing else.
    let checked = thread::scope(|scope| {
        let checks = scope.spawn(|| {
            let in_all_ways = |part: fn(usize) -> Result<(), String>| {
                ways.into_iter()
                    .try_for_each(|most| part(most).map_err(through(most)))
            };
            in_all_ways(|most| whole::<P>(most, &SHORT))?;
            in_all_ways(one_by_one::<P>)?;
            two_streams::<P>()?;
            within_each_other::<P>()?;
            in_all_ways(cut_off::<P>)?;
            broken::<P>()?;
            very_long::<P>()?;
            of_each_length::<P>()?;
            let long: Vec<u8> =
                (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
            ways.into_iter().try_for_each(|most| {
                whole::<P>(most, &[&long, b"the last"]).map_err(through(most))
            })
        });
        checks.join()
    });
    checked.unwrap_or_else(|why| {
        if let Some(Endless(says)) = why.downcast_ref() {
            return Err((*says).to_owned());
        }
        let why = why
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| why.downcast_ref::<&str>().copied());
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

/// Some messages, none of them long.
const SHORT: [&[u8]; 5] =
    [b"one", b"two\nlines\0", b"", &[0xff; 255], b"the last of these"];

/// Messages that come whole. What belongs to the next message stays where the next reader finds it.
fn whole<P: Protocol>(most: usize, messages: &[&[u8]]) -> Result<(), String> {
    let mut stream = Stream::new(most);
    let mut ends = Vec::new();
    for message in messages {
        sent::<P>(&mut stream, message)?;
        ends.push(stream.bytes.len());
    }
    for (message, end) in messages.iter().zip(ends) {
        received::<P>(&mut stream, message)?;
        if stream.at > end {
            let (message, more) = (told(message), stream.at - end);
            return Err(format!(
                "it has read {message} and {more} more: the next message has lost its beginning"
            ));
        }
    }
    ended::<P>(&mut stream)
}

/// Each message is answered before the next is sent: all of it must be there when it was sent, and be enough.
fn one_by_one<P: Protocol>(most: usize) -> Result<(), String> {
    let mut stream = Stream { is_open: true, ..Stream::new(most) };
    for message in SHORT {
        sent::<P>(&mut stream, message)?;
        received::<P>(&mut stream, message)?;
    }
    stream.is_open = false;
    ended::<P>(&mut stream)
}

/// Messages that are as long as something may be that a framing counts in: up to 300 bytes, and about a power of two.
fn of_each_length<P: Protocol>() -> Result<(), String> {
    let powers =
        (9..=13).chain([16]).flat_map(|power| (1 << power) - 1..=(1 << power) + 1);
    let bytes: Vec<u8> =
        (0..).map(|at: u32| (at % 251) as u8).take((1 << 16) + 1).collect();
    let messages: Vec<&[u8]> =
        (0..=300).chain(powers).map(|length| &bytes[..length]).collect();
    let mut stream = Stream::new(usize::MAX);
    messages.iter().try_for_each(|message| sent::<P>(&mut stream, message))?;
    messages.iter().try_for_each(|message| received::<P>(&mut stream, message))?;
    ended::<P>(&mut stream)
}

/// Messages that contain what was sent for another, with whatever marks its beginning or its end there.
fn within_each_other<P: Protocol>() -> Result<(), String> {
    let mut message: Vec<u8> = (0..=255).collect();
    for _ in 0..3 {
        let mut stream = Stream::new(usize::MAX);
        sent::<P>(&mut stream, &message)?;
        let framed = stream.bytes.clone();
        received::<P>(&mut stream, &message).map_err(|what| {
            format!("where a message contains another as it was sent, {what}")
        })?;
        message = [&framed, &b" and "[..], &framed[..framed.len() / 2]].concat();
    }
    Ok(())
}

/// A receiver may be another program, which knows its stream and nothing else: not what was sent through others meanwhile, nor where the
/// sender has its end. And all of a message must be in there.
fn two_streams<P: Protocol>() -> Result<(), String> {
    let why = |what| {
        format!(
            "with two streams at a time, whose receivers may be other programs, {what}"
        )
    };
    let mut streams = [
        (Stream::new(usize::MAX), &b"to one"[..]),
        (Stream::new(usize::MAX), b"and to another one"),
    ];
    for (stream, message) in &mut streams {
        sent::<P>(stream, message)?;
    }
    for (stream, message) in streams.iter().rev() {
        received::<P>(&mut stream.cut(stream.bytes.len()), message).map_err(why)?;
    }
    // Nothing says this in fewer bytes.
    let noise: Vec<u8> =
        (0..1000).map(|at| RandomState::new().hash_one(at) as u8).collect();
    let mut stream = Stream::new(usize::MAX);
    sent::<P>(&mut stream, &noise)?;
    match stream.bytes.len() {
        came if came < noise.len() => Err(format!(
            "{came} bytes went through the stream for a message of 1000: another program doesn't find the others"
        )),
        _ => Ok(()),
    }
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
                    let what = received
                        .map_or("the end of the stream".to_owned(), |received| {
                            told(&received)
                        });
                    return Err(format!(
                        "a message that lacks its last {lost} bytes was taken for {what}"
                    ));
                }
            }
        }
    }
    Ok(())
}

/// A message of many megabytes, of which the first bytes come: its beginning must tell it from a short one.
fn very_long<P: Protocol>() -> Result<(), String> {
    let mut stream = Stream { keeps: 1000, ..Stream::new(usize::MAX) };
    sent::<P>(&mut stream, &vec![0; MEGABYTES])?;
    match P::receive(&mut stream) {
        Err(_) => Ok(()),
        Ok(received) => {
            let what = received
                .map_or("the end of the stream".to_owned(), |received| {
                    told(&received)
                });
            Err(format!(
                "the beginning of a message of {MEGABYTES} bytes was taken for {what}"
            ))
        }
    }
}

/// Streams that break, after each of their bytes: the call that writes or reads there fails, and `send` or `receive` has to say so.
fn broken<P: Protocol>() -> Result<(), String> {
    let message = b"it breaks";
    let mut whole = Stream::new(usize::MAX);
    sent::<P>(&mut whole, message)?;
    for breaks_at in 0..whole.bytes.len() {
        for is_full in [false, true] {
            if P::send(
                &mut Stream { breaks_at, is_full, ..Stream::new(usize::MAX) },
                message,
            )
            .is_ok()
            {
                let why = if is_full { "took no more" } else { "was broken" };
                return Err(format!(
                    "a message was sent without an error, and its stream {why} after {breaks_at} bytes"
                ));
            }
        }
        let what = match P::receive(&mut Stream {
            breaks_at,
            ..whole.cut(whole.bytes.len())
        }) {
            Err(_) => continue,
            Ok(Some(received)) if received == message => continue,
            Ok(received) => {
                received.map_or("its end".to_owned(), |received| told(&received))
            }
        };
        return Err(format!(
            "the error of a stream that broke after {breaks_at} bytes was taken for {what}"
        ));
    }
    Ok(())
}

fn sent<P: Protocol>(stream: &mut Stream, message: &[u8]) -> Result<(), String> {
    P::send(stream, message)
        .map_err(|error| format!("{} isn't sent: {error}", told(message)))
}

fn received<P: Protocol>(
    stream: &mut Stream,
    message: &[u8],
) -> Result<(), String> {
    match P::receive(stream) {
        Ok(Some(received)) if received == message => Ok(()),
        Ok(Some(received)) => {
            Err(format!("{} came instead of {}", told(&received), told(message)))
        }
        Ok(None) => Err(format!("the stream ended before {}", told(message))),
        Err(error) => Err(format!("{} isn't received: {error}", told(message))),
    }
}

fn ended<P: Protocol>(stream: &mut Stream) -> Result<(), String> {
    match P::receive(stream) {
        Ok(None) => Ok(()),
        Ok(Some(received)) => {
            Err(format!("its end was taken for {}", told(&received)))
        }
        Err(error) => Err(format!(
            "its end between two messages was taken for an error: {error}"
        )),
    }
}

/// A message in words.
fn told(message: &[u8]) -> String {
    let some = String::from_utf8_lossy(&message[..message.len().min(12)])
        .escape_debug()
        .to_string();
    match message.len() {
        0 => "an empty message".to_owned(),
        1..=12 => format!("{some:?}"),
        length => format!("{some:?}… of {length} bytes"),
    }
}
