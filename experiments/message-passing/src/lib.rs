//! The same messages through channels, pipes, sockets and shared memory: what does a round trip cost between threads, and
//! what between processes?
//!
//! All variants send and receive through the same small trait, [`End`], and run the same loops over it. A variant between
//! processes and its sibling between threads differ only in who runs the loop.

mod ends;
mod futex;
mod memory;
mod programs;
mod turn;

use std::io;
use std::ops::Range;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use lab::{Placement, Span, processes_on, threads_on};
use serde::{Deserialize, Serialize};

pub use ends::End;
use ends::{closed, crossbeam, mpsc, pipe, socket_pair, tcp};
use futex::{sleep, wake};
use memory::{Slots, Way};
use programs::programs;
pub use programs::{OTHER_END, be_the_other_end};

/// A way from one worker to another and back, and its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Does a job, and returns how long it took.
    pub run: fn(&Job) -> io::Result<Times>,
    /// Whether a worker that waits keeps its CPU. If both share a core, it waits until the system takes the core away.
    pub spins: bool,
    /// Whether the sender writes all bytes of a message and the receiver reads them. If not, only a pointer goes through.
    pub touches: bool,
}

/// What two workers are to do, and where.
#[derive(Clone, Debug)]
pub struct Job {
    /// Where they run.
    pub placement: Placement,
    /// How many bytes a message has, at least [`LEAST`].
    pub size: usize,
    /// What they do.
    pub exchange: Exchange,
    /// Where this experiment's program is, for workers that are started anew.
    pub program: fn() -> io::Result<PathBuf>,
}

/// What two workers send each other.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Exchange {
    /// One worker sends a message, the other sends it back: this many batches of this many round trips. The clock is read between
    /// batches, because reading it takes a good part of the time of the shortest trips.
    PingPong {
        /// How often the clock is read.
        batches: u64,
        /// How many round trips there are between two readings.
        trips: u64,
    },
    /// One worker sends this many messages. The other receives them, and answers once it has all of them.
    Stream(u64),
}

/// How long a job took.
#[derive(Clone, Debug)]
pub struct Times {
    /// The time of a round trip in each batch, in nanoseconds; for a stream, the time of a message.
    pub each: Vec<f64>,
    /// When each worker worked.
    pub spans: Vec<Span>,
}

/// The fewest bytes of a message: it begins with its number, which takes this many.
pub const LEAST: usize = 8;

/// The most bytes of a message.
pub const MOST: usize = 1 << 20;

/// All variants: each between threads first, and then between processes, if it can leave the process. [`ROUND_TRIPS`] leaves
/// out the last three, which make no difference for small messages.
pub const VARIANTS: [Variant; 17] = [
    Variant {
        touches: false,
        ..variant("mpsc-threads", |job| threads(job, mpsc(&vec![0; job.size])))
    },
    Variant {
        touches: false,
        ..variant("crossbeam-threads", |job| {
            threads(job, crossbeam(&vec![0; job.size]))
        })
    },
    variant("pipe-threads", |job| threads(job, pipe(job.size)?)),
    variant("pipe-threads-apart", threads_apart),
    variant("pipe-processes", |job| processes(job, pipe(job.size)?)),
    variant("socket-pair-threads", |job| threads(job, socket_pair(job.size)?)),
    variant("socket-pair-processes", |job| processes(job, socket_pair(job.size)?)),
    variant("tcp-threads", |job| threads(job, tcp(job.size)?)),
    variant("tcp-processes", |job| processes(job, tcp(job.size)?)),
    variant("copied-threads", |job| threads(job, copied(job)?)),
    variant("copied-processes", |job| processes(job, copied(job)?)),
    variant("copied-programs", |job| programs(job, copied(job)?)),
    spins("spin-threads", |job| {
        threads(job, Slots::pair(Way { spins: true, ..job.in_place() })?)
    }),
    spins("spin-processes", |job| {
        processes(job, Slots::pair(Way { spins: true, ..job.in_place() })?)
    }),
    variant("in-place-threads", |job| threads(job, Slots::pair(job.in_place())?)),
    variant("in-place-processes", |job| {
        processes(job, Slots::pair(job.in_place())?)
    }),
    variant("in-place-programs", |job| programs(job, Slots::pair(job.in_place())?)),
];

/// How many of [`VARIANTS`], from the first on, are compared by their round trips.
pub const ROUND_TRIPS: usize = 14;

const fn variant(
    name: &'static str,
    run: fn(&Job) -> io::Result<Times>,
) -> Variant {
    Variant { name, run, spins: false, touches: true }
}

const fn spins(name: &'static str, run: fn(&Job) -> io::Result<Times>) -> Variant {
    Variant { spins: true, ..variant(name, run) }
}

fn copied(job: &Job) -> io::Result<[Slots; 2]> {
    Slots::pair(Way { in_place: false, ..job.in_place() })
}

// ANCHOR: threads
/// Two threads, each with one end.
fn threads<E: End + Send>(job: &Job, ends: [E; 2]) -> io::Result<Times> {
    let ends = ends.map(|end| Mutex::new(Some(end)));
    let team = threads_on(&job.placement, 2, |worker| {
        job.exchange.at(worker.number, taken(&ends[worker.number])?)
    })?;
    let took = team.results.into_iter().collect::<io::Result<Vec<_>>>()?;
    Ok(Times { each: took.concat(), spans: team.spans })
}
// ANCHOR_END: threads

// ANCHOR: processes
/// Two processes, each with one end.
fn processes<E: End>(job: &Job, ends: [E; 2]) -> io::Result<Times> {
    let ends = ends.map(|end| Mutex::new(Some(end)));
    let team = processes_on(&job.placement, 2, |worker| {
        let worked = taken(&ends[worker.number])
            .and_then(|end| job.exchange.at(worker.number, end));
        // The other process has a copy of this end, so it couldn't see this end
        // closed. So on an error this process ends as a whole, and the parent then
        // ends the other process.
        worked.unwrap_or_else(|error| resume_unwind(Box::new(error)))
    })?;
    Ok(Times { each: team.results.concat(), spans: team.spans })
}
// ANCHOR_END: processes

/// Takes a worker's end out of its place, so that the end is closed when the worker leaves.
fn taken<E>(end: &Mutex<Option<E>>) -> io::Result<E> {
    let end = end.lock().ok().and_then(|mut end| end.take());
    end.ok_or_else(|| io::Error::other("a worker's end was taken twice"))
}

/// Two threads, each with one end of the pipes in a table of open files of its own. A third thread closes the pipes in the
/// table that they come from. Otherwise nobody would see an end closed.
#[cfg(target_os = "linux")]
fn threads_apart(job: &Job) -> io::Result<Times> {
    let pipes = Mutex::new(Some(ends::pipes()?));
    let mut team = threads_on(&job.placement, 3, |worker| {
        let end = pipes.lock().ok().and_then(|pipes| {
            let pipes = pipes.as_ref().filter(|_| worker.number < 2)?;
            Some(ends::apart(pipes, worker.number, job.size))
        });
        worker.meet();
        match end {
            Some(end) => job.exchange.at(worker.number, end?),
            None => taken(&pipes).map(|_| Vec::new()),
        }
    })?;
    team.spans.truncate(2);
    let took = team.results.into_iter().collect::<io::Result<Vec<_>>>()?;
    Ok(Times { each: took.concat(), spans: team.spans })
}

#[cfg(not(target_os = "linux"))]
fn threads_apart(_: &Job) -> io::Result<Times> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "only on Linux can a thread have a table of files of its own",
    ))
}

impl Job {
    /// How messages go through shared memory: through one slot if each is answered. Otherwise there are slots for as many bytes
    /// as a pipe holds, and for at least four messages.
    fn in_place(&self) -> Way {
        let slots = match self.exchange {
            Exchange::PingPong { .. } => 1,
            Exchange::Stream(_) => (65_536 / self.size).clamp(4, 1024) as u32,
        };
        Way { size: self.size, slots, spins: false, in_place: true }
    }
}

impl Exchange {
    /// What the worker with this number does.
    fn at(self, worker: usize, mut end: impl End) -> io::Result<Vec<f64>> {
        match (self, worker) {
            (Exchange::PingPong { batches, trips }, 0) => {
                ping(&mut end, batches, trips)
            }
            (Exchange::PingPong { batches, trips }, _) => {
                pong(&mut end, SETTLING + batches * trips + 1)
            }
            (Exchange::Stream(messages), 0) => send(&mut end, messages),
            (Exchange::Stream(messages), _) => receive(&mut end, messages),
        }
    }
}

/// How many messages or round trips come first and aren't counted. During the first one the other worker may not have started
/// yet, and shared memory is touched for the first time.
const SETTLING: u64 = 4;

// ANCHOR: loops
/// Sends and waits for answers. Returns how long a round trip took in each batch.
fn ping(end: &mut impl End, batches: u64, trips: u64) -> io::Result<Vec<f64>> {
    round_trips(end, 0..SETTLING)?;
    let mut took = Vec::with_capacity(batches as usize);
    for batch in 0..batches {
        let first = SETTLING + batch * trips;
        let began = Instant::now();
        round_trips(end, first..first + trips)?;
        took.push(began.elapsed().as_nanos() as f64 / trips as f64);
    }
    let last = SETTLING + batches * trips;
    // Not counted: the other worker ends after this, which frees a core they share.
    round_trips(end, last..last + 1)?;
    Ok(took)
}

fn round_trips(end: &mut impl End, numbers: Range<u64>) -> io::Result<()> {
    for number in numbers {
        end.send(|message| write(message, number))?;
        end.receive(|message| read(message, number))??;
    }
    Ok(())
}

/// Answers each message with a message of the same number.
fn pong(end: &mut impl End, trips: u64) -> io::Result<Vec<f64>> {
    for number in 0..trips {
        end.receive(|message| read(message, number))??;
        end.send(|message| write(message, number))?;
    }
    Ok(Vec::new())
}

/// Sends, and waits only if there is no room. Returns how long each message took,
/// counted until the last one has arrived.
fn send(end: &mut impl End, messages: u64) -> io::Result<Vec<f64>> {
    one_way(end, 0..SETTLING)?;
    let began = Instant::now();
    one_way(end, SETTLING..SETTLING + messages)?;
    Ok(vec![began.elapsed().as_nanos() as f64 / messages as f64])
}

fn one_way(end: &mut impl End, mut numbers: Range<u64>) -> io::Result<()> {
    let last = numbers.end;
    numbers.try_for_each(|number| end.send(|message| write(message, number)))?;
    end.receive(|message| read(message, last))?
}

/// Receives all messages, and answers only the last.
fn receive(end: &mut impl End, messages: u64) -> io::Result<Vec<f64>> {
    for numbers in [0..SETTLING, SETTLING..SETTLING + messages] {
        let last = numbers.end;
        numbers.into_iter().try_for_each(|number| {
            end.receive(|message| read(message, number))?
        })?;
        end.send(|message| write(message, last))?;
    }
    Ok(Vec::new())
}
// ANCHOR_END: loops

/// Writes every byte of the message with this number: words that count up from the number, and then the remaining bytes.
fn write(message: &mut [u8], number: u64) {
    let (words, rest) = message.as_chunks_mut();
    for (at, word) in (number..).zip(words) {
        *word = at.to_le_bytes();
    }
    rest.fill(number as u8);
}

/// Reads every byte of a message, and fails unless their sum is that of the message with this number.
fn read(message: &[u8], number: u64) -> io::Result<()> {
    let (words, rest) = message.as_chunks();
    let sum = words
        .iter()
        .fold(0, |sum: u64, word| sum.wrapping_add(u64::from_le_bytes(*word)));
    let sum = rest.iter().fold(sum, |sum, byte| sum.wrapping_add(u64::from(*byte)));
    let (words, rest) = (words.len() as u64, rest.len() as u64);
    match sum
        == words * number
            + words * words.saturating_sub(1) / 2
            + rest * (number & 0xff)
    {
        true => Ok(()),
        false => Err(io::Error::other(format!(
            "message {number} was expected, and another one came"
        ))),
    }
}
