// Whose turn it is at a slot: how an end waits until the slot is its own, and gives
// it away. `lib.rs` says how an end sleeps.

use std::hint;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use super::{closed, io, sleep, wake};

// ANCHOR: wait
/// A slot's word, as an end sees it.
pub(crate) struct Turn<'a> {
    /// How many messages have lain in the slot, whether it is `FREE` or `FULL`, and
    /// whether the other end `SLEEPS` until this changes.
    pub(crate) word: &'a AtomicU32,
    /// How many messages had lain in the slot before this one, as the word says it.
    pub(crate) round: u32,
    /// Whether an end has closed the connection.
    pub(crate) closed: &'a AtomicU32,
    /// An end that waits looks again and again. Otherwise it sleeps.
    pub(crate) spins: bool,
}

impl Turn<'_> {
    /// Waits until the slot is in the state `so`.
    pub(crate) fn wait(&self, so: u32) -> io::Result<()> {
        loop {
            let looks = if self.spins { 10_000 } else { 1 };
            for _ in 0..looks {
                if self.is(so) {
                    return Ok(());
                }
                hint::spin_loop();
            }
            // The mark goes first. A change after the mark finds it, and a change
            // before the mark is found by the next look.
            let marked =
                (!self.spins).then(|| self.word.fetch_or(SLEEPS, AcqRel) | SLEEPS);
            if self.closed.load(Acquire) != 0 {
                // What was sent before the other end closed can still be received.
                return if self.is(so) { Ok(()) } else { Err(closed()) };
            }
            if let Some(says) = marked
                && !self.is(so)
            {
                // Returns at once if the word has changed by now.
                sleep(self.word, says)?;
            }
        }
    }

    pub(crate) fn is(&self, so: u32) -> bool {
        self.word.load(Acquire) & !SLEEPS == self.round | so
    }

    /// Puts the slot into the state `so`. An end that sleeps until then has left
    /// its mark in the old word.
    pub(crate) fn change(&self, so: u32) {
        let says = self.round | so;
        if self.spins {
            self.word.store(says, Release);
        } else if self.word.swap(says, AcqRel) & SLEEPS != 0 {
            wake(self.word);
        }
    }
}
// ANCHOR_END: wait

/// What a slot's word says, beside how many messages have lain in the slot: the slot is the sender's (`FREE`) or the receiver's
/// (`FULL`), and the other end sleeps until this changes (`SLEEPS`).
pub(crate) const FREE: u32 = 0;
pub(crate) const FULL: u32 = 1 << 1;
pub(crate) const SLEEPS: u32 = 1;
