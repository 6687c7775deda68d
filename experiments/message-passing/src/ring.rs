//! Messages through memory that both ends share: a ring of cache lines.

use std::hint;
use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64, fence};

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

/// How many slots there are: 64 KiB, as much as a pipe holds.
const SLOTS: usize = 1024;

/// The memory of a connection, which forked processes share.
#[derive(Debug)]
pub struct Memory {
    /// Slots, and behind them, on a line of its own, how many have been read.
    words: Shared<[AtomicU64; SLOTS * SLOT + SLOT]>,
    /// What each end waits by, and whether one is closed: each on a line of its own.
    bells: Shared<[AtomicU32; 48]>,
}

impl Memory {
    /// Memory in which nothing has been sent.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            words: Shared::new([const { AtomicU64::new(0) }; SLOTS * SLOT + SLOT])?,
            bells: Shared::new([const { AtomicU32::new(0) }; 48])?,
        })
    }

    /// Its two ends, for messages of so many bytes: a message takes whole words, and one of a single word holds a number of
    /// 32 bits. One end sends at a time: it has received everything before it sends.
    pub fn ends(&self, size: usize, wait: Wait) -> [Ring<'_>; 2] {
        [0, 1].map(|own| {
            let message = vec![0; size.div_ceil(8)];
            Ring { memory: self, own, wait, message, sends: false, next: 0, turn: 0, freed: 0 }
        })
    }

    fn read(&self) -> &AtomicU64 {
        &self.words[SLOTS * SLOT]
    }

    /// What wakes this end: a number that changes when it is rung, and whether the end sleeps.
    fn bell(&self, of: usize) -> [&AtomicU32; 2] {
        [&self.bells[16 * of], &self.bells[16 * of + 1]]
    }

    fn closed(&self) -> &AtomicU32 {
        &self.bells[32]
    }
}

/// One end.
pub struct Ring<'a> {
    memory: &'a Memory,
    /// Which of the two it is: 0 or 1.
    own: usize,
    wait: Wait,
    message: Vec<u64>,
    /// Whether it was this end that sent last.
    sends: bool,
    /// How many slots have been used, by both ends; how many of them before this turn; how many are known to be read.
    next: u64,
    turn: u64,
    freed: u64,
}

// ANCHOR: ring
impl End for Ring<'_> {
    fn send(&mut self, number: u64) -> io::Result<()> {
        self.take_turn(true);
        if self.is_one_word() {
            let (flag, _) = self.free_slot()?;
            flag.store(number << 32 | u64::from(self.next as u32), Release); // now the other end may read it
        } else {
            self.message[0] = number;
            for first in (0..self.message.len()).step_by(SLOT - 1) {
                let (flag, words) = self.free_slot()?;
                for (to, word) in words.iter().zip(&self.message[first..]) {
                    to.store(*word, Relaxed);
                }
                flag.store(self.next, Release); // now the other end may read the slot
            }
        }
        self.wake();
        Ok(())
    }

    fn receive(&mut self) -> io::Result<u64> {
        self.take_turn(false);
        if self.is_one_word() {
            let (flag, _) = self.slot();
            self.wait(|| flag.load(Acquire) as u32 == self.next as u32)?;
            let number = flag.load(Acquire) >> 32;
            self.tell_read();
            return Ok(number);
        }
        for first in (0..self.message.len()).step_by(SLOT - 1) {
            let (flag, words) = self.slot();
            self.wait(|| flag.load(Acquire) == self.next)?;
            for (word, from) in self.message[first..].iter_mut().zip(words) {
                *word = from.load(Relaxed);
            }
            self.tell_read();
        }
        Ok(self.message[0])
    }
}

impl<'a> Ring<'a> {
    /// Each turn begins at the first slot: an answer lies where the question lay, in a line that this core has already.
    fn take_turn(&mut self, sends: bool) {
        if self.sends != sends {
            (self.sends, self.turn, self.freed) = (sends, self.next, self.next);
        }
    }

    /// A message of one word travels in the upper half of the flag's, in one store. Between two, the other end, which looks at
    /// the line all the time, would often take it away, and it would travel twice.
    fn is_one_word(&self) -> bool {
        self.message.len() == 1
    }

    // What follows is inlined by force: two calls more on the way from one store to the next are seen in a round trip.

    /// The next slot, once the other end has read what was there before.
    #[inline(always)]
    fn free_slot(&mut self) -> io::Result<(&'a AtomicU64, &'a [AtomicU64])> {
        if self.next - self.freed == SLOTS as u64 {
            self.wake();
            let freed = || self.memory.read().load(Acquire);
            self.wait(|| freed() > self.freed)?;
            self.freed = freed();
        }
        Ok(self.slot())
    }

    /// Tells what has been read. Twice a round is often enough: to tell of every slot would send another line to and fro.
    #[inline(always)]
    fn tell_read(&self) {
        if (self.next - self.turn).is_multiple_of(SLOTS as u64 / 2) {
            self.memory.read().store(self.next, Release); // now the other end may fill these slots again
            self.wake();
        }
    }

    /// The flag and the words of the next slot, which is used from now on.
    #[inline(always)]
    fn slot(&mut self) -> (&'a AtomicU64, &'a [AtomicU64]) {
        let slot = (self.next - self.turn) as usize % SLOTS * SLOT;
        self.next += 1;
        (&self.memory.words[slot], &self.memory.words[slot + 1..slot + SLOT])
    }
}
// ANCHOR_END: ring

// ANCHOR: wait
impl Ring<'_> {
    /// Waits until it is so.
    #[inline(always)]
    fn wait(&self, is_so: impl Fn() -> bool) -> io::Result<()> {
        loop {
            match self.wait {
                // Whether the other end is there is looked at once in a while only.
                Wait::Spinning => {
                    for _ in 0..10_000 {
                        if is_so() {
                            return Ok(());
                        }
                        hint::spin_loop();
                    }
                }
                Wait::Sleeping if is_so() => return Ok(()),
                Wait::Sleeping => {
                    let [bell, sleeps] = self.memory.bell(self.own);
                    let rung = bell.load(Acquire);
                    sleeps.store(1, Relaxed);
                    // Either this end sees now what the other has done, or the other sees that this one sleeps.
                    fence(SeqCst);
                    if !is_so() && self.memory.closed().load(Acquire) == 0 {
                        sleep(bell, rung)?;
                    }
                }
            }
            // What was sent before an end was closed is there.
            if self.memory.closed().load(Acquire) != 0 && !is_so() {
                return Err(closed());
            }
        }
    }

    /// Wakes the other end, if it sleeps.
    fn wake(&self) {
        if self.wait == Wait::Sleeping {
            let [bell, sleeps] = self.memory.bell(1 - self.own);
            fence(SeqCst);
            if sleeps.load(Relaxed) != 0 {
                sleeps.store(0, Relaxed);
                bell.fetch_add(1, Release);
                wake(bell);
            }
        }
    }
}
// ANCHOR_END: wait

impl Drop for Ring<'_> {
    fn drop(&mut self) {
        self.memory.closed().store(1, Release);
        self.wake();
    }
}

/// Sleeps as long as the number is this one.
#[cfg(target_os = "linux")]
fn sleep(number: &AtomicU32, as_long_as: u32) -> io::Result<()> {
    use rustix::io::Errno;
    use rustix::thread::futex;
    // Not a private one, for the other may be a process.
    match futex::wait(number, futex::Flags::empty(), as_long_as, None) {
        Ok(()) | Err(Errno::AGAIN | Errno::INTR) => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    /// The words of a message all differ from those of its neighbours.
    #[test]
    fn every_word_of_every_message_comes_in_turns_of_any_length() {
        let sizes = [(8, [1, 5000, 1, 1]), (57, [700, 300, 3, 1]), (65_528, [3, 1, 1, 2]), (1 << 20, [1, 2, 1, 1])];
        for (size, turns) in sizes {
            for wait in [Wait::Sleeping, Wait::Spinning] {
                let memory = Memory::new().unwrap();
                let work = |mut ring: Ring<'_>| {
                    for (turn, number) in (0..4).flat_map(|turn| (0..turns[turn]).map(move |number| (turn, number))) {
                        let word = |at| number << 32 | at as u64;
                        if turn % 2 == ring.own {
                            ring.message.iter_mut().enumerate().for_each(|(at, to)| *to = word(at));
                            ring.send(number).unwrap();
                        } else {
                            assert_eq!(ring.receive().unwrap(), number);
                            let mut rest = ring.message.iter().enumerate().skip(1);
                            assert!(rest.all(|(at, came)| *came == word(at)), "message {number} of {size} bytes");
                        }
                    }
                };
                let [first, second] = memory.ends(size, wait);
                thread::scope(|scope| {
                    scope.spawn(|| work(first));
                    work(second);
                });
            }
        }
    }
}
