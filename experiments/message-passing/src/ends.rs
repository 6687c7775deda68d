//! Ends of channels, pipes and sockets.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

// ANCHOR: end
/// One end of a connection. Messages all have the same size, which both ends know, and begin with their number.
pub trait End {
    /// Sends the message of this number. It waits where there is no room.
    ///
    /// # Errors
    /// The other end is closed.
    fn send(&mut self, number: u64) -> io::Result<()>;

    /// Waits for the next message, receives all of it, and returns its number.
    ///
    /// # Errors
    /// The other end is closed, and everything that it sent has been received.
    fn receive(&mut self) -> io::Result<u64>;
}
// ANCHOR_END: end

// ANCHOR: pointers
/// What goes through a channel between threads: a number, and a pointer to bytes that stay where they are.
#[derive(Clone, Copy, Debug)]
struct Message<'a> {
    number: u64,
    bytes: &'a [u8],
}

/// One end of two of the standard library's channels.
struct Mpsc<'a> {
    to: std::sync::mpsc::Sender<Message<'a>>,
    from: std::sync::mpsc::Receiver<Message<'a>>,
    bytes: &'a [u8],
}

impl End for Mpsc<'_> {
    fn send(&mut self, number: u64) -> io::Result<()> {
        self.to.send(Message { number, bytes: self.bytes }).map_err(|_| closed())
    }

    fn receive(&mut self) -> io::Result<u64> {
        let message = self.from.recv().map_err(|_| closed())?;
        self.bytes = message.bytes;
        Ok(message.number)
    }
}
// ANCHOR_END: pointers

/// Two ends of the standard library's channels.
pub fn mpsc(bytes: &[u8]) -> [impl End + Send; 2] {
    let ((to_second, from_first), (to_first, from_second)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    [Mpsc { to: to_second, from: from_second, bytes }, Mpsc { to: to_first, from: from_first, bytes }]
}

/// One end of two of crossbeam's channels.
struct Crossbeam<'a> {
    to: crossbeam_channel::Sender<Message<'a>>,
    from: crossbeam_channel::Receiver<Message<'a>>,
    bytes: &'a [u8],
}

impl End for Crossbeam<'_> {
    fn send(&mut self, number: u64) -> io::Result<()> {
        self.to.send(Message { number, bytes: self.bytes }).map_err(|_| closed())
    }

    fn receive(&mut self) -> io::Result<u64> {
        let message = self.from.recv().map_err(|_| closed())?;
        self.bytes = message.bytes;
        Ok(message.number)
    }
}

/// Two ends of crossbeam's channels.
pub fn crossbeam(bytes: &[u8]) -> [impl End + Send; 2] {
    let ((to_second, from_first), (to_first, from_second)) =
        (crossbeam_channel::unbounded(), crossbeam_channel::unbounded());
    [Crossbeam { to: to_second, from: from_second, bytes }, Crossbeam { to: to_first, from: from_first, bytes }]
}

// ANCHOR: bytes
/// One end of a stream of bytes in each direction, both of which go through the kernel.
struct Bytes<R, W> {
    reads: R,
    writes: W,
    message: Vec<u8>,
}

impl<R: Read, W: Write> End for Bytes<R, W> {
    fn send(&mut self, number: u64) -> io::Result<()> {
        self.message[..8].copy_from_slice(&number.to_le_bytes());
        self.writes.write_all(&self.message)
    }

    fn receive(&mut self) -> io::Result<u64> {
        self.reads.read_exact(&mut self.message)?;
        Ok(u64::from_le_bytes(self.message[..8].try_into().expect("these are 8 bytes")))
    }
}
// ANCHOR_END: bytes

fn bytes<R: Read + Send, W: Write + Send>(ends: [(R, W); 2], size: usize) -> [impl End + Send; 2] {
    ends.map(|(reads, writes)| Bytes { reads, writes, message: vec![0; size] })
}

/// Two pipes, one for each direction. Source: pipe(7).
pub fn pipe(size: usize) -> io::Result<[impl End + Send; 2]> {
    let ((from_first, to_second), (from_second, to_first)) = (io::pipe()?, io::pipe()?);
    Ok(bytes([(from_second, to_second), (from_first, to_first)], size))
}

/// A pair of connected Unix sockets. Source: socketpair(2), unix(7).
pub fn socket_pair(size: usize) -> io::Result<[impl End + Send; 2]> {
    let (first, second) = UnixStream::pair()?;
    Ok(bytes([(first.try_clone()?, first), (second.try_clone()?, second)], size))
}

/// A TCP connection over the loopback interface, which sends each message at once. Source: tcp(7), `TCP_NODELAY`.
pub fn tcp(size: usize) -> io::Result<[impl End + Send; 2]> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let first = TcpStream::connect(listener.local_addr()?)?;
    let (second, _) = listener.accept()?;
    first.set_nodelay(true)?;
    second.set_nodelay(true)?;
    Ok(bytes([(first.try_clone()?, first), (second.try_clone()?, second)], size))
}

/// What an end says whose other end is closed.
pub(crate) fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the other end is closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ring::{Memory, Wait};
    use std::thread;

    /// Does the same to every kind of connection, for messages of 24 bytes.
    macro_rules! with_each {
        ($test:ident) => {
            $test("mpsc", mpsc(&[0; 24]));
            $test("crossbeam", crossbeam(&[0; 24]));
            $test("pipe", pipe(24).unwrap());
            $test("socket pair", socket_pair(24).unwrap());
            $test("tcp", tcp(24).unwrap());
            $test("futex", Memory::new().unwrap().ends(24, Wait::Sleeping));
            $test("spin", Memory::new().unwrap().ends(24, Wait::Spinning));
        };
    }

    #[test]
    fn an_end_that_is_closed_has_sent_what_it_sent_and_lets_nobody_wait() {
        fn test<E: End + Send>(kind: &str, [mut first, mut second]: [E; 2]) {
            thread::scope(|scope| {
                // It may wait already when the other end is closed, or come too late; and it asks as often as it likes.
                let waits = scope.spawn(move || [(); 5].map(|()| second.receive().ok()));
                (0..3).for_each(|number| first.send(number).unwrap());
                drop(first);
                assert_eq!(waits.join().unwrap(), [Some(0), Some(1), Some(2), None, None], "{kind}");
            });
        }
        with_each!(test);
    }

    #[test]
    fn a_sender_that_finds_no_room_is_told_that_the_other_end_is_closed() {
        fn test<E: End + Send>(kind: &str, [mut first, second]: [E; 2]) {
            thread::scope(|scope| {
                let sends = scope.spawn(move || (0..).find_map(|number| first.send(number).err()));
                drop(second);
                assert!(sends.join().unwrap().is_some(), "{kind}");
            });
        }
        with_each!(test);
    }
}
