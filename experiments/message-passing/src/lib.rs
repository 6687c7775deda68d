//! The same messages through channels, pipes, sockets and shared memory: what does a round trip cost between threads, and
//! between processes?
//!
//! All variants send and receive through the same small trait, [`End`], and run the same loops over it. A variant between
//! processes differs from its sibling between threads by who calls the loop, and by nothing else.

mod ends;
mod ring;

use std::io;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::time::Instant;

use lab::{Placement, Span, processes_on, threads_on};

pub use ends::End;
use ends::{crossbeam, mpsc, pipe, socket_pair, tcp};
use ring::{Memory, Wait};

/// A way from one worker to another and back, under its name.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name, the same in the table, in the benches and in the book.
    pub name: &'static str,
    /// Does a job, and tells what it took.
    pub run: fn(&Job) -> io::Result<Times>,
    /// Whether who waits keeps its CPU. On one core it then waits until the system takes the CPU away.
    pub spins: bool,
    /// Whether the bytes of a message are copied. Otherwise a pointer to them is sent.
    pub copies: bool,
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
}

/// What two workers send each other.
#[derive(Clone, Copy, Debug)]
pub enum Exchange {
    /// One sends, the other sends it back, and so on: so many batches of so many round trips. The clock is read between
    /// batches, for to read it costs a good part of the shortest trips.
    PingPong {
        /// How often the clock is read.
        batches: u64,
        /// How many round trips there are between two readings.
        trips: u64,
    },
    /// One sends so many messages, and the other receives them.
    Stream(u64),
}

/// What a job took.
#[derive(Clone, Debug)]
pub struct Times {
    /// Of a ping-pong, the time of a round trip in each batch, in nanoseconds; of a stream, nothing.
    pub trips: Vec<f64>,
    /// When each worker worked.
    pub spans: Vec<Span>,
}

/// The fewest bytes of a message: its number takes them.
pub const LEAST: usize = 8;

/// The most bytes of a message.
pub const MOST: usize = 1 << 20;

/// All variants, each between threads first and between processes then, where it can cross.
pub const VARIANTS: [Variant; 12] = [
    Variant { copies: false, ..variant("mpsc-threads", |job| threads(job, mpsc(&vec![0; job.size]))) },
    Variant { copies: false, ..variant("crossbeam-threads", |job| threads(job, crossbeam(&vec![0; job.size]))) },
    variant("pipe-threads", |job| threads(job, pipe(job.size)?)),
    variant("pipe-processes", |job| processes(job, pipe(job.size)?)),
    variant("socket-pair-threads", |job| threads(job, socket_pair(job.size)?)),
    variant("socket-pair-processes", |job| processes(job, socket_pair(job.size)?)),
    variant("tcp-threads", |job| threads(job, tcp(job.size)?)),
    variant("tcp-processes", |job| processes(job, tcp(job.size)?)),
    variant("futex-threads", |job| threads(job, Memory::new()?.ends(job.size, Wait::Sleeping))),
    variant("futex-processes", |job| processes(job, Memory::new()?.ends(job.size, Wait::Sleeping))),
    spins("spin-threads", |job| threads(job, Memory::new()?.ends(job.size, Wait::Spinning))),
    spins("spin-processes", |job| processes(job, Memory::new()?.ends(job.size, Wait::Spinning))),
];

const fn variant(name: &'static str, run: fn(&Job) -> io::Result<Times>) -> Variant {
    Variant { name, run, spins: false, copies: true }
}

const fn spins(name: &'static str, run: fn(&Job) -> io::Result<Times>) -> Variant {
    Variant { spins: true, ..variant(name, run) }
}

// ANCHOR: workers
/// Two threads, each with one end.
fn threads<E: End + Send>(job: &Job, ends: [E; 2]) -> io::Result<Times> {
    let ends = ends.map(|end| Mutex::new(Some(end)));
    let team = threads_on(&job.placement, 2, |worker| job.work(worker.number, &ends))?;
    let took = team.results.into_iter().collect::<io::Result<Vec<_>>>()?;
    Ok(Times { trips: took.concat(), spans: team.spans })
}

/// Two processes, each with one end.
fn processes<E: End>(job: &Job, ends: [E; 2]) -> io::Result<Times> {
    let ends = ends.map(|end| Mutex::new(Some(end)));
    let team = processes_on(&job.placement, 2, |worker| {
        // The other one has a copy of this end as well, so it wouldn't see it closed: this one ends as a whole instead, and
        // its parent then ends the other.
        job.work(worker.number, &ends).unwrap_or_else(|error| resume_unwind(Box::new(error)))
    })?;
    Ok(Times { trips: team.results.concat(), spans: team.spans })
}
// ANCHOR_END: workers

impl Job {
    /// What the worker of this number does. It takes its end with it, and so closes it when it leaves.
    fn work<E: End>(&self, worker: usize, ends: &[Mutex<Option<E>>; 2]) -> io::Result<Vec<f64>> {
        let end = ends[worker].lock().ok().and_then(|mut end| end.take());
        let mut end = end.ok_or_else(|| io::Error::other("this end has been taken"))?;
        match (self.exchange, worker) {
            (Exchange::PingPong { batches, trips }, 0) => ping(&mut end, batches, trips),
            (Exchange::PingPong { batches, trips }, _) => pong(&mut end, SETTLING + batches * trips),
            (Exchange::Stream(messages), 0) => send(&mut end, messages),
            (Exchange::Stream(messages), _) => receive(&mut end, messages),
        }
    }
}

/// So many round trips come first and aren't counted: in the first one the other worker may not have started.
const SETTLING: u64 = 3;

// ANCHOR: loops
/// Sends, waits for the answer, and so on; what a round trip took in each batch.
fn ping(end: &mut impl End, batches: u64, trips: u64) -> io::Result<Vec<f64>> {
    round_trips(end, 0..SETTLING)?;
    let mut took = Vec::with_capacity(batches as usize);
    for batch in 0..batches {
        let first = SETTLING + batch * trips;
        let began = Instant::now();
        round_trips(end, first..first + trips)?;
        took.push(began.elapsed().as_nanos() as f64 / trips as f64);
    }
    Ok(took)
}

fn round_trips(end: &mut impl End, numbers: Range<u64>) -> io::Result<()> {
    for number in numbers {
        end.send(number)?;
        in_order(end.receive()?, number)?;
    }
    Ok(())
}

/// Sends back what comes.
fn pong(end: &mut impl End, trips: u64) -> io::Result<Vec<f64>> {
    for number in 0..trips {
        in_order(end.receive()?, number)?;
        end.send(number)?;
    }
    Ok(Vec::new())
}

/// Sends, and waits for nobody as long as there is room.
fn send(end: &mut impl End, messages: u64) -> io::Result<Vec<f64>> {
    (0..messages).try_for_each(|number| end.send(number))?;
    Ok(Vec::new())
}

/// Receives.
fn receive(end: &mut impl End, messages: u64) -> io::Result<Vec<f64>> {
    (0..messages).try_for_each(|number| in_order(end.receive()?, number))?;
    Ok(Vec::new())
}
// ANCHOR_END: loops

/// Fails unless the message that came is the next one.
fn in_order(came: u64, expected: u64) -> io::Result<()> {
    match came == expected {
        true => Ok(()),
        false => Err(io::Error::other(format!("message {came} came instead of {expected}"))),
    }
}
