//! Ends of channels, pipes and sockets.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

// ANCHOR: end
/// One end of a connection. Messages all have the same size, which both ends know.
pub trait End {
    /// Sends a message, which `write` writes. Waits if there is no room.
    ///
    /// # Errors
    /// The other end is closed.
    fn send(&mut self, write: impl FnOnce(&mut [u8])) -> io::Result<()>;

    /// Waits for the next message, lets `read` read it, and returns what `read`
    /// returned.
    ///
    /// # Errors
    /// The other end is closed, and all that was sent through it has been received.
    fn receive<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> io::Result<T>;
}
// ANCHOR_END: end

// ANCHOR: pointers
/// What goes through a channel between threads: a word, and a pointer to bytes that
/// stay where they are. Neither end touches these bytes.
#[derive(Clone, Copy, Debug)]
struct Message<'a> {
    word: [u8; 8],
    bytes: &'a [u8],
}

/// One end of two of the standard library's channels.
struct Mpsc<'a> {
    to: std::sync::mpsc::Sender<Message<'a>>,
    from: std::sync::mpsc::Receiver<Message<'a>>,
    bytes: &'a [u8],
}

impl End for Mpsc<'_> {
    fn send(&mut self, write: impl FnOnce(&mut [u8])) -> io::Result<()> {
        self.to.send(Message::new(write, self.bytes)).map_err(|_| closed())
    }

    fn receive<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let message = self.from.recv().map_err(|_| closed())?;
        self.bytes = message.bytes;
        Ok(read(&message.word))
    }
}
// ANCHOR_END: pointers

impl<'a> Message<'a> {
    fn new(write: impl FnOnce(&mut [u8]), bytes: &'a [u8]) -> Self {
        let mut message = Self { word: [0; 8], bytes };
        write(&mut message.word);
        message
    }
}

/// Two ends of the standard library's channels.
pub fn mpsc(bytes: &[u8]) -> [impl End + Send; 2] {
    let ((to_second, from_first), (to_first, from_second)) =
        (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    [
        Mpsc { to: to_second, from: from_second, bytes },
        Mpsc { to: to_first, from: from_first, bytes },
    ]
}

/// One end of two of crossbeam's channels.
struct Crossbeam<'a> {
    to: crossbeam_channel::Sender<Message<'a>>,
    from: crossbeam_channel::Receiver<Message<'a>>,
    bytes: &'a [u8],
}

impl End for Crossbeam<'_> {
    fn send(&mut self, write: impl FnOnce(&mut [u8])) -> io::Result<()> {
        self.to.send(Message::new(write, self.bytes)).map_err(|_| closed())
    }

    fn receive<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        let message = self.from.recv().map_err(|_| closed())?;
        self.bytes = message.bytes;
        Ok(read(&message.word))
    }
}

/// Two ends of crossbeam's channels.
pub fn crossbeam(bytes: &[u8]) -> [impl End + Send; 2] {
    let ((to_second, from_first), (to_first, from_second)) =
        (crossbeam_channel::unbounded(), crossbeam_channel::unbounded());
    [
        Crossbeam { to: to_second, from: from_second, bytes },
        Crossbeam { to: to_first, from: from_first, bytes },
    ]
}

// ANCHOR: bytes
/// One end of two streams of bytes, one in each direction, through the kernel.
struct Bytes<R, W> {
    reads: R,
    writes: W,
    message: Vec<u8>,
}

impl<R: Read, W: Write> End for Bytes<R, W> {
    fn send(&mut self, write: impl FnOnce(&mut [u8])) -> io::Result<()> {
        write(&mut self.message);
        self.writes.write_all(&self.message)
    }

    fn receive<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        self.reads.read_exact(&mut self.message)?;
        Ok(read(&self.message))
    }
}
// ANCHOR_END: bytes

impl<R, W> Bytes<R, W> {
    fn new((reads, writes): (R, W), size: usize) -> Self {
        Self { reads, writes, message: vec![0; size] }
    }
}

/// Two pipes, one for each direction: each end has the reader of one and the writer of the other. Source: pipe(7).
pub fn pipes() -> io::Result<[(PipeReader, PipeWriter); 2]> {
    let ((from_first, to_second), (from_second, to_first)) =
        (io::pipe()?, io::pipe()?);
    Ok([(from_second, to_second), (from_first, to_first)])
}

/// The ends of two pipes.
pub fn pipe(size: usize) -> io::Result<[impl End + Send; 2]> {
    Ok(pipes()?.map(|files| Bytes::new(files, size)))
}

/// Gives the calling thread a table of open files of its own, with a copy of every open file. Of the two pipes the thread keeps
/// the end with this number, and closes the rest of them in its table. Source: unshare(2), `CLONE_FILES`.
#[cfg(target_os = "linux")]
pub fn apart(
    pipes: &[(PipeReader, PipeWriter); 2],
    number: usize,
    size: usize,
) -> io::Result<impl End + use<>> {
    use std::os::fd::{AsRawFd, FromRawFd};
    #[expect(unsafe_code, reason = "a table of its own is the subject")]
    // SAFETY: from now on this thread has copies of all open files, and nobody else uses these copies. It takes the four that
    // belong to the two pipes, each once, and leaves the rest alone.
    let [first, second] = unsafe {
        rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::FILES)?;
        pipes.each_ref().map(|(reads, writes)| {
            (
                PipeReader::from_raw_fd(reads.as_raw_fd()),
                PipeWriter::from_raw_fd(writes.as_raw_fd()),
            )
        })
    };
    Ok(Bytes::new(if number == 0 { first } else { second }, size))
}

/// A pair of connected Unix sockets. Source: socketpair(2), unix(7).
pub fn socket_pair(size: usize) -> io::Result<[impl End + Send; 2]> {
    let (first, second) = UnixStream::pair()?;
    Ok([
        Bytes::new((first.try_clone()?, first), size),
        Bytes::new((second.try_clone()?, second), size),
    ])
}

/// A TCP connection over the loopback interface, which sends each message at once. Source: tcp(7), `TCP_NODELAY`.
pub fn tcp(size: usize) -> io::Result<[impl End + Send; 2]> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let first = TcpStream::connect(listener.local_addr()?)?;
    let (second, _) = listener.accept()?;
    first.set_nodelay(true)?;
    second.set_nodelay(true)?;
    Ok([
        Bytes::new((first.try_clone()?, first), size),
        Bytes::new((second.try_clone()?, second), size),
    ])
}

/// The error of an end whose other end is closed.
pub(crate) fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the other end is closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Slots, Way};
    use std::thread;

    /// Calls the test with every kind of connection, for messages of this many bytes.
    macro_rules! with_each {
        ($test:ident, $size:expr, spins up to $most:expr) => {
            let size = $size;
            $test("mpsc", 8, mpsc(&vec![0; size]).into());
            $test("crossbeam", 8, crossbeam(&vec![0; size]).into());
            $test("pipe", size, pipe(size).unwrap().into());
            $test("socket pair", size, socket_pair(size).unwrap().into());
            $test("tcp", size, tcp(size).unwrap().into());
            for (slots, spins, in_place) in
                (0..12).map(|way| ([1, 2, 5][way % 3], way / 3 % 2 == 0, way < 6))
            {
                if spins && size > $most {
                    continue;
                }
                let way = Way { size, slots, spins, in_place };
                $test(&format!("{way:?}"), size, Slots::pair(way).unwrap().into());
                // The same memory, mapped a second time at another address.
                let [first, second] = Slots::pair(way).unwrap();
                let (memory, _) = second.to_hand_over().unwrap();
                std::mem::forget(second);
                $test(
                    &format!("{way:?}, handed over"),
                    size,
                    (first, Slots::handed_over(memory, way).unwrap()),
                );
            }
        };
    }

    fn number(message: &[u8]) -> u64 {
        u64::from_le_bytes(message[..8].try_into().unwrap())
    }

    #[test]
    fn every_byte_comes_in_order_whoever_is_slower() {
        fn test<E: End + Send>(kind: &str, size: usize, (first, second): (E, E)) {
            // Neighbouring bytes differ, and so do the bytes of two messages.
            let byte =
                |number: usize, at: usize| ((number + at) * 31 + at / 251) as u8;
            let work = |mut end: E, own: usize| {
                // Turns of several lengths; the two workers take turns in being the slower one.
                for (turn, number) in [1, 12, 1, 1, 7, 3]
                    .into_iter()
                    .enumerate()
                    .flat_map(|(turn, all)| (0..all).map(move |n| (turn, n)))
                {
                    (0..if turn / 2 % 2 == own { 3 } else { 0 })
                        .for_each(|_| thread::yield_now());
                    if turn % 2 == own {
                        end.send(|message| {
                            message
                                .iter_mut()
                                .enumerate()
                                .for_each(|(at, to)| *to = byte(number, at));
                        })
                        .unwrap();
                    } else {
                        let read = |message: &[u8]| {
                            thread::yield_now();
                            message.len() == size
                                && message
                                    .iter()
                                    .enumerate()
                                    .all(|(at, came)| *came == byte(number, at))
                        };
                        assert!(
                            end.receive(read).unwrap(),
                            "{kind}: message {number} of {size} bytes"
                        );
                    }
                }
            };
            thread::scope(|scope| {
                scope.spawn(|| work(first, 0));
                work(second, 1);
            });
        }
        const SIZES: [usize; 5] = [8, 60, 61, 4096, 70_003];
        for size in SIZES {
            with_each!(test, size, spins up to 64);
        }
        #[cfg(target_os = "linux")]
        thread::scope(|scope| {
            scope.spawn(|| {
                testing::on_one_core();
                for size in SIZES {
                    with_each!(test, size, spins up to 8); // on one core, each message takes a time slice
                }
            });
        });
    }

    #[test]
    fn an_end_that_is_closed_has_sent_what_it_sent_and_lets_nobody_wait() {
        fn test<E: End + Send>(
            kind: &str,
            _: usize,
            (mut first, mut second): (E, E),
        ) {
            thread::scope(|scope| {
                // The receiver may wait already when the other end is closed, or may come later; and it may ask again.
                let waits = scope
                    .spawn(move || [(); 5].map(|()| second.receive(number).ok()));
                // If there is one slot, the first message has been read before the second is sent.
                (0..3_u64).for_each(|number| {
                    first
                        .send(|message| {
                            message[..8].copy_from_slice(&number.to_le_bytes());
                        })
                        .unwrap();
                });
                drop(first);
                assert_eq!(
                    waits.join().unwrap(),
                    [Some(0), Some(1), Some(2), None, None],
                    "{kind}"
                );
            });
        }
        with_each!(test, 24, spins up to 64);
    }

    #[test]
    fn a_sender_that_finds_no_room_is_told_that_the_other_end_is_closed() {
        fn test<E: End + Send>(kind: &str, _: usize, (mut first, second): (E, E)) {
            thread::scope(|scope| {
                let sends = scope.spawn(move || {
                    (0..1_000_000)
                        .find_map(|_| first.send(|message| message.fill(1)).err())
                });
                drop(second);
                assert!(sends.join().unwrap().is_some(), "{kind}");
            });
        }
        with_each!(test, 24, spins up to 64);
    }

    #[test]
    fn memory_of_another_size_is_not_mapped() {
        let way = Way { size: 24, slots: 2, spins: false, in_place: true };
        let (memory, _) = Slots::pair(way).unwrap()[0].to_hand_over().unwrap();
        assert!(Slots::handed_over(memory, Way { slots: 3, ..way }).is_err());
    }
}
