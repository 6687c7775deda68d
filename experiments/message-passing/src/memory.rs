//! Messages through memory that both ends map: slots, each of which holds a whole message.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::{hint, io, mem, slice};

use serde::{Deserialize, Serialize};

use crate::ends::{End, closed};

/// How messages go through the memory.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Way {
    /// How many bytes a message has.
    pub size: usize,
    /// How many slots there are. One is a mailbox; with more, a sender may be ahead of its receiver.
    pub slots: u32,
    /// An end that waits looks again and again and keeps its CPU. Otherwise it sleeps until the other wakes it.
    pub spins: bool,
    /// Messages are written and read where they lie. Otherwise each end has one of its own, and copies.
    pub in_place: bool,
}

/// One of two ends. One end sends at a time: it has received everything before it sends.
#[derive(Debug)]
pub struct Slots {
    map: Arc<Map>,
    /// The message that this end copies from and to, unless it works in place.
    own: Option<Vec<u8>>,
    /// How many messages have been sent so far, by both ends.
    next: u32,
    /// Whether the last of them is one that this end has received: it keeps that slot until it goes on.
    keeps: bool,
}

impl Slots {
    /// Two ends that share new memory.
    pub fn pair(way: Way) -> io::Result<[Self; 2]> {
        let file = memory_file()?;
        file.set_len(way.length() as u64)?;
        let map = Arc::new(Map::new(file, way)?);
        Ok([0, 1].map(|_| Self::new(Arc::clone(&map))))
    }

    /// The second end of a pair, for a program that was handed the memory of the first.
    pub fn handed_over(memory: File, way: Way) -> io::Result<Self> {
        Ok(Self::new(Arc::new(Map::new(memory, way)?)))
    }

    /// The memory and what goes through it, for [`Slots::handed_over`].
    pub fn to_hand_over(&self) -> io::Result<(File, Way)> {
        Ok((self.map.file.try_clone()?, self.map.way))
    }

    fn new(map: Arc<Map>) -> Self {
        let own = (!map.way.in_place).then(|| vec![0; map.way.size]);
        Self { map, own, next: 0, keeps: false }
    }
}

// ANCHOR: slots
impl End for Slots {
    fn send(&mut self, write: impl FnOnce(&mut [u8])) -> io::Result<()> {
        match self.own.take() {
            None => write(self.free_slot()?),
            Some(mut message) => {
                write(&mut message);
                self.free_slot()?.copy_from_slice(&message);
                self.own = Some(message);
            }
        }
        self.map.change(self.next, FULL); // from now on the slot is the receiver's
        self.next += 1;
        Ok(())
    }

    fn receive<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        self.let_go();
        let message = self.next;
        self.map.wait(message, FULL)?;
        // The slot is this end's until it goes on.
        (self.next, self.keeps) = (message + 1, true);
        Ok(match self.own.take() {
            None => read(self.slot(message)),
            Some(mut own) => {
                own.copy_from_slice(self.slot(message));
                read(self.own.insert(own))
            }
        })
    }
}

impl Slots {
    /// Gives the slot back that was read last: it's free for the message that is to
    /// lie there next.
    fn let_go(&mut self) {
        if mem::take(&mut self.keeps) {
            self.map.change(self.next - 1 + self.map.way.slots, FREE);
        }
    }

    /// The slot for the next message, once it is this end's. An answer goes where
    /// the question lay, if there is one slot.
    fn free_slot(&mut self) -> io::Result<&mut [u8]> {
        let (message, slots) = (self.next, self.map.way.slots);
        if slots > 1 || !mem::take(&mut self.keeps) {
            self.let_go();
            if !self.map.is(message, FREE) {
                // Once it waits, it waits for several.
                self.map.wait(message + (slots - 1) / 2, FREE)?;
            }
        }
        Ok(self.slot(message))
    }
}
// ANCHOR_END: slots

impl Slots {
    /// The bytes of this message's slot, for the end that it belongs to.
    fn slot(&mut self, message: u32) -> &mut [u8] {
        #[expect(
            unsafe_code,
            reason = "the bytes lie in a mapping that another process has too"
        )]
        // SAFETY: they lie in the mapping, which lives as long as `self`. The slot is this end's: an acquiring load of its word
        // has said so, and this end hasn't changed the word since, which it does by a releasing store. Both ends are this program
        // and keep to that, and nobody else has the memory. `&mut self` lends one slot at a time.
        unsafe {
            slice::from_raw_parts_mut(
                self.map.at.add(self.map.begin(message)).as_ptr(),
                self.map.way.size,
            )
        }
    }
}

impl Drop for Slots {
    /// Closes the connection. It takes the marks away, so nobody falls asleep from now on.
    fn drop(&mut self) {
        self.map.closed().store(1, Release);
        for word in (0..self.map.way.slots).map(|slot| self.map.word(slot)) {
            if word.fetch_and(!SLEEPS, AcqRel) & SLEEPS != 0 {
                wake(word);
            }
        }
    }
}

/// What the word of a slot says, beside how many messages have lain there: it's the sender's; it's the receiver's; and
/// whoever it isn't sleeps until that changes.
const FREE: u32 = 0;
const FULL: u32 = 1 << 1;
const SLEEPS: u32 = 1;

/// So many bytes have a cache line for themselves.
const LINE: usize = 64;

impl Way {
    /// How far apart the slots are. A slot's word ends its last line: a short message and the news that it's there are one line.
    fn stride(self) -> usize {
        (self.size + size_of::<AtomicU32>()).next_multiple_of(LINE)
    }

    /// How many bytes all take: in the first line is whether an end is closed.
    fn length(self) -> usize {
        LINE + self.slots as usize * self.stride()
    }
}

/// The memory, as this process has mapped it.
#[derive(Debug)]
struct Map {
    file: File,
    at: NonNull<u8>,
    way: Way,
}

#[expect(unsafe_code, reason = "the mapping is reached through a raw pointer")]
// SAFETY: a mapping belongs to no thread.
unsafe impl Send for Map {}

#[expect(unsafe_code, reason = "the mapping is reached through a raw pointer")]
// SAFETY: what a `&Map` gives access to is atomic.
unsafe impl Sync for Map {}

// ANCHOR: wait
impl Map {
    /// Waits until this message's slot is so.
    fn wait(&self, message: u32, so: u32) -> io::Result<()> {
        let word = self.word(message);
        loop {
            let looks = if self.way.spins { 10_000 } else { 1 };
            for _ in 0..looks {
                if self.is(message, so) {
                    return Ok(());
                }
                hint::spin_loop();
            }
            // The mark goes first: whoever changes the word from now on sees it, or
            // has changed it and been seen.
            let marked =
                (!self.way.spins).then(|| word.fetch_or(SLEEPS, AcqRel) | SLEEPS);
            if self.closed().load(Acquire) != 0 {
                // What was sent before the other end was closed is there.
                return if self.is(message, so) { Ok(()) } else { Err(closed()) };
            }
            if let Some(says) = marked
                && !self.is(message, so)
            {
                // Or goes on at once, if the word says something else by now.
                sleep(word, says)?;
            }
        }
    }

    fn is(&self, message: u32, so: u32) -> bool {
        self.word(message).load(Acquire) & !SLEEPS == self.round(message) | so
    }

    /// Tells that this message's slot is so. Whoever sleeps until then has left a
    /// mark in the word that is replaced.
    fn change(&self, message: u32, so: u32) {
        let (word, says) = (self.word(message), self.round(message) | so);
        if self.way.spins {
            word.store(says, Release);
        } else if word.swap(says, AcqRel) & SLEEPS != 0 {
            wake(word);
        }
    }
}
// ANCHOR_END: wait

impl Map {
    fn new(file: File, way: Way) -> io::Result<Self> {
        if file.metadata()?.len() != way.length() as u64 {
            return Err(io::Error::other("this memory has another size"));
        }
        let access = libc::PROT_READ | libc::PROT_WRITE;
        #[expect(unsafe_code, reason = "mmap is the subject")]
        // SAFETY: a new mapping overlaps nothing.
        let at = unsafe {
            libc::mmap(
                null_mut(),
                way.length(),
                access,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        match NonNull::new(at) {
            Some(at) if at.as_ptr() != libc::MAP_FAILED => {
                Ok(Self { file, at: at.cast(), way })
            }
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// How many messages have lain in this one's slot, as its word counts them.
    fn round(&self, message: u32) -> u32 {
        (message / self.way.slots) << 2
    }

    /// Where this message's slot begins.
    fn begin(&self, message: u32) -> usize {
        LINE + (message % self.way.slots) as usize * self.way.stride()
    }

    fn word(&self, message: u32) -> &AtomicU32 {
        self.atomic(
            self.begin(message) + self.way.stride() - size_of::<AtomicU32>(),
        )
    }

    fn closed(&self) -> &AtomicU32 {
        self.atomic(0)
    }

    fn atomic(&self, at: usize) -> &AtomicU32 {
        #[expect(
            unsafe_code,
            reason = "the mapping is reached through a raw pointer"
        )]
        // SAFETY: `at` is a multiple of 4 within the mapping, which begins a page and lives as long as `self`. A memory file
        // begins as zeros, any bits are a number, and every process uses this word as an atomic one alone.
        unsafe {
            self.at.add(at).cast().as_ref()
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "munmap is the subject")]
        // SAFETY: the mapping is `new`'s, and nothing borrows from it any more.
        unsafe {
            libc::munmap(self.at.as_ptr().cast(), self.way.length());
        }
    }
}

/// A file that lies in memory and has no name: it is gone with the last process that has it. Source: `memfd_create(2)`.
#[cfg(target_os = "linux")]
fn memory_file() -> io::Result<File> {
    Ok(rustix::fs::memfd_create("messages", rustix::fs::MemfdFlags::CLOEXEC)?
        .into())
}

#[cfg(not(target_os = "linux"))]
fn memory_file() -> io::Result<File> {
    tempfile::tempfile()
}

/// Sleeps as long as the word says this.
#[cfg(target_os = "linux")]
fn sleep(word: &AtomicU32, says: u32) -> io::Result<()> {
    use rustix::io::Errno;
    use rustix::thread::futex;
    // Not a private one, for the other may be a process.
    match futex::wait(word, futex::Flags::empty(), says, None) {
        Ok(()) | Err(Errno::AGAIN | Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Wakes one that sleeps because of this word.
#[cfg(target_os = "linux")]
fn wake(word: &AtomicU32) {
    use rustix::thread::futex;
    // It can't fail: the address is a mapped one, and the flags are known.
    let _ = futex::wake(word, futex::Flags::empty(), 1);
}

#[cfg(not(target_os = "linux"))]
fn sleep(_: &AtomicU32, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
fn wake(_: &AtomicU32) {}
