//! Messages through memory that both ends map: slots, each of which holds a whole message.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Release};
use std::{io, mem, slice};

use serde::{Deserialize, Serialize};

use crate::ends::End;
use crate::turn::{FREE, FULL, SLEEPS, Turn};
use crate::wake;

/// How messages go through the memory.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Way {
    /// How many bytes a message has.
    pub size: usize,
    /// How many slots there are. With more than one, a sender may be ahead of its receiver.
    pub slots: u32,
    /// An end that waits keeps its CPU and looks again and again. Otherwise it sleeps until the other end wakes it.
    pub spins: bool,
    /// Messages are written and read in their slots. Otherwise each end has a message of its own, and copies.
    pub in_place: bool,
}

/// One of two ends. Only one end sends at a time: before it sends, it has received everything.
#[derive(Debug)]
pub struct Slots {
    map: Arc<Map>,
    /// This end's own copy of a message, unless it works in place.
    own: Option<Vec<u8>>,
    /// How many messages have been sent so far, by both ends.
    next: u32,
    /// Whether this end has received the last message. It keeps the message's slot until it sends or receives again.
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

    /// The second end of a pair, for a program that got the memory of the first end.
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
        self.map.turn(self.next).change(FULL); // the slot is the receiver's now
        self.next += 1;
        Ok(())
    }

    fn receive<T>(&mut self, read: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        self.let_go();
        let message = self.next;
        self.map.turn(message).wait(FULL)?;
        // This end keeps the slot until it sends or receives again.
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
    /// Gives back the slot that was read last, so that it's free for another
    /// message.
    fn let_go(&mut self) {
        if mem::take(&mut self.keeps) {
            let next = self.next - 1 + self.map.way.slots;
            self.map.turn(next).change(FREE);
        }
    }

    /// Waits for the next message's slot. If there is only one slot, an answer goes
    /// where the question lay.
    fn free_slot(&mut self) -> io::Result<&mut [u8]> {
        let (message, slots) = (self.next, self.map.way.slots);
        if slots > 1 || !mem::take(&mut self.keeps) {
            self.let_go();
            if !self.map.turn(message).is(FREE) {
                // A sender that has to wait waits until several slots are free.
                self.map.turn(message + (slots - 1) / 2).wait(FREE)?;
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
        // SAFETY: the bytes lie in the mapping, which lives as long as `self`. The slot is this end's: an acquiring load of its
        // word has said so, and this end gives the slot away only by a releasing store to that word. Both ends run this program
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
    /// Closes the connection, and removes the marks in all words, so that nobody falls asleep from now on.
    fn drop(&mut self) {
        self.map.closed().store(1, Release);
        for word in (0..self.map.way.slots).map(|slot| self.map.word(slot)) {
            if word.fetch_and(!SLEEPS, AcqRel) & SLEEPS != 0 {
                wake(word);
            }
        }
    }
}

/// How many bytes a cache line has.
const LINE: usize = 64;

impl Way {
    /// How far apart the slots are. A slot's word stands at the end of its last cache line, so a short message and its word are
    /// on one line.
    fn stride(self) -> usize {
        (self.size + size_of::<AtomicU32>()).next_multiple_of(LINE)
    }

    /// How many bytes all slots take, and a first line, which says whether an end is closed.
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

impl Map {
    fn new(file: File, way: Way) -> io::Result<Self> {
        if file.metadata()?.len() != way.length() as u64 {
            return Err(io::Error::other(format!(
                "the memory has {} bytes instead of {}",
                file.metadata()?.len(),
                way.length()
            )));
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

    /// The word of this message's slot.
    fn turn(&self, message: u32) -> Turn<'_> {
        Turn {
            word: self.word(message),
            round: (message / self.way.slots) << 2,
            closed: self.closed(),
            spins: self.way.spins,
        }
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
        // SAFETY: `at` is a multiple of 4 within the mapping, which begins at a page and lives as long as `self`. A memory file
        // begins as zeros, any bits are a number, and every process uses this word only as an atomic one.
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

/// A file in memory without a name. It is gone with the last process that has it open. Source: `memfd_create(2)`.
#[cfg(target_os = "linux")]
fn memory_file() -> io::Result<File> {
    Ok(rustix::fs::memfd_create("messages", rustix::fs::MemfdFlags::CLOEXEC)?
        .into())
}

#[cfg(not(target_os = "linux"))]
fn memory_file() -> io::Result<File> {
    tempfile::tempfile()
}
