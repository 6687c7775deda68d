//! Messages through memory that both ends share: a ring of cache lines for each direction.

use std::hint;
use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64, fence};
use std::time::{Duration, Instant};

use lab::Shared;

use crate::ends::{End, closed};

/// How an end waits for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// It looks again and again, and keeps its CPU.
    Spinning,
    /// It sleeps until the other wakes it. Source: futex(2).
    Sleeping,
}

/// A slot is a cache line of 64 bytes: a word that says which message it is part of, and 7 words of that message. So a small
/// message and the news that it is there travel together.
const SLOT: usize = 8;

/// How many slots there are in a direction: 64 KiB, as much as a pipe holds.
const SLOTS: usize = 1024;

/// How long an end waits for the other before it gives up. Whoever is alive answers far sooner, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(20);

/// The memory of a connection: a ring for each direction.
#[derive(Debug)]
pub struct Lanes([Lane; 2]);

/// One direction. All of it is in memory that forked processes share.
#[derive(Debug)]
struct Lane {
    /// Slots, and behind them, on a line of its own, how many have been read.
    words: Shared<[AtomicU64; SLOTS * SLOT + SLOT]>,
    /// What the receiver waits by, what the sender waits by, and whether an end is closed: each on a line of its own.
    bells: Shared<[AtomicU32; 48]>,
}

/// Wakes who sleeps: a number that changes when it is rung, and whether somebody sleeps.
struct Bell<'a> {
    rung: &'a AtomicU32,
    sleeps: &'a AtomicU32,
}

impl Lane {
    fn new() -> io::Result<Self> {
        Ok(Self {
            words: Shared::new([const { AtomicU64::new(0) }; SLOTS * SLOT + SLOT])?,
            bells: Shared::new([const { AtomicU32::new(0) }; 48])?,
        })
    }

    fn slot(&self, number: u64) -> &[AtomicU64] {
        &self.words[number as usize % SLOTS * SLOT..][..SLOT]
    }

    fn read(&self) -> &AtomicU64 {
        &self.words[SLOTS * SLOT]
    }

    fn receiver(&self) -> Bell<'_> {
        Bell { rung: &self.bells[0], sleeps: &self.bells[1] }
    }

    fn sender(&self) -> Bell<'_> {
        Bell { rung: &self.bells[16], sleeps: &self.bells[17] }
    }

    fn closed(&self) -> &AtomicU32 {
        &self.bells[32]
    }
}

/// One end: what it sends by, and what it receives by.
struct Ring<'a> {
    to: &'a Lane,
    from: &'a Lane,
    wait: Wait,
    message: Vec<u64>,
    /// How many slots this end has filled, and how many of them were known to be free again.
    filled: u64,
    freed: u64,
    /// How many slots this end has read.
    read: u64,
}

impl Lanes {
    /// Empty ones.
    ///
    /// # Errors
    /// The kernel refuses the mappings.
    pub fn new() -> io::Result<Self> {
        Ok(Self([Lane::new()?, Lane::new()?]))
    }

    /// The two ends, for messages of so many bytes: a message takes whole words.
    pub fn ends(&self, size: usize, wait: Wait) -> [impl End + Send; 2] {
        let Self([there, back]) = self;
        [(there, back), (back, there)].map(|(to, from)| {
            let message = vec![0; size.div_ceil(8)];
            Ring { to, from, wait, message, filled: 0, freed: 0, read: 0 }
        })
    }
}

// ANCHOR: ring
impl End for Ring<'_> {
    fn send(&mut self, number: u64) -> io::Result<()> {
        self.message[0] = number;
        for part in self.message.chunks(SLOT - 1) {
            if self.filled - self.freed == SLOTS as u64 {
                self.wait.ring(&self.to.receiver());
                let freed = || self.to.read().load(Acquire);
                self.wait.until(self.to, &self.to.sender(), || freed() != self.freed)?;
                self.freed = freed();
            }
            let [flag, words @ ..] = self.to.slot(self.filled) else { unreachable!("a slot has words") };
            for (to, word) in words.iter().zip(part) {
                to.store(*word, Relaxed);
            }
            self.filled += 1;
            flag.store(self.filled, Release); // now the other end may read the slot
        }
        self.wait.ring(&self.to.receiver());
        Ok(())
    }

    fn receive(&mut self) -> io::Result<u64> {
        for part in self.message.chunks_mut(SLOT - 1) {
            let [flag, words @ ..] = self.from.slot(self.read) else { unreachable!("a slot has words") };
            let is_filled = || flag.load(Acquire) == self.read + 1;
            if !is_filled() {
                self.wait.ring(&self.from.sender());
                self.wait.until(self.from, &self.from.receiver(), is_filled)?;
            }
            for (word, from) in part.iter_mut().zip(words) {
                *word = from.load(Relaxed);
            }
            self.read += 1;
            self.from.read().store(self.read, Release); // now the other end may fill the slot again
        }
        self.wait.ring(&self.from.sender());
        Ok(self.message[0])
    }
}
// ANCHOR_END: ring

// ANCHOR: wait
impl Wait {
    /// Waits until it is so.
    fn until(self, lane: &Lane, bell: &Bell<'_>, is_so: impl Fn() -> bool) -> io::Result<()> {
        let mut deadline = None;
        loop {
            match self {
                Self::Spinning => {
                    // The clock and the other end are looked at once in a while only.
                    for _ in 0..10_000 {
                        if is_so() {
                            return Ok(());
                        }
                        hint::spin_loop();
                    }
                }
                Self::Sleeping => {
                    let rung = bell.rung.load(Acquire);
                    bell.sleeps.store(1, Relaxed);
                    // Either this end sees now what the other did, or the other sees that this one sleeps.
                    fence(SeqCst);
                    if is_so() {
                        return Ok(());
                    }
                    if lane.closed().load(Acquire) == 0 {
                        sleep(bell.rung, rung)?;
                    }
                    if is_so() {
                        return Ok(());
                    }
                }
            }
            // What was sent before the end was closed is there.
            if lane.closed().load(Acquire) != 0 && !is_so() {
                return Err(closed());
            }
            if Instant::now() > *deadline.get_or_insert_with(|| Instant::now() + PATIENCE) {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the other end doesn't answer"));
            }
        }
    }

    /// Wakes who sleeps.
    fn ring(self, bell: &Bell<'_>) {
        if self == Self::Spinning {
            return;
        }
        fence(SeqCst);
        if bell.sleeps.load(Relaxed) != 0 && bell.sleeps.swap(0, Relaxed) != 0 {
            bell.rung.fetch_add(1, Release);
            wake(bell.rung);
        }
    }
}
// ANCHOR_END: wait

impl Drop for Ring<'_> {
    fn drop(&mut self) {
        for (lane, bell) in [(self.to, self.to.receiver()), (self.from, self.from.sender())] {
            lane.closed().store(1, SeqCst);
            self.wait.ring(&bell);
        }
    }
}

/// Sleeps as long as the number is this one, and for a second at most, lest the other be gone without a word.
#[cfg(target_os = "linux")]
fn sleep(number: &AtomicU32, as_long_as: u32) -> io::Result<()> {
    use rustix::io::Errno;
    use rustix::thread::futex;
    let second = futex::Timespec { tv_sec: 1, tv_nsec: 0 };
    // Not a private one, for the other may be a process.
    match futex::wait(number, futex::Flags::empty(), as_long_as, Some(&second)) {
        Ok(()) | Err(Errno::AGAIN | Errno::INTR | Errno::TIMEDOUT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Wakes one that sleeps because of this number.
#[cfg(target_os = "linux")]
fn wake(number: &AtomicU32) {
    use rustix::thread::futex;
    // It can't fail: the address is a mapped one, and the flags are known.
    let _ = futex::wake(number, futex::Flags::empty(), 1);
}

#[cfg(not(target_os = "linux"))]
fn sleep(_: &AtomicU32, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
fn wake(_: &AtomicU32) {}
