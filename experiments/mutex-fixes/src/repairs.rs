//! What a worker does: the repairs that need no more than the standard library.
//!
//! They name no library of their own: the crate that they are part of says what `sync` and `Section` are. So tools that
//! bring their own locks and atomics, such as loom, explore these very lines.

use std::hint::black_box;

use crate::Section;
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use crate::sync::mpsc::{Receiver, Sender};
use crate::sync::{Mutex, RwLock};

// ANCHOR: mutex
/// Adds one, `times` times, with the lock held.
pub(crate) fn mutex(counter: &Mutex<u64>, times: u64, section: Section) {
    for _ in 0..times {
        let mut count = counter.lock().unwrap(); // waits until nobody else is inside
        section.work();
        *count += 1;
    } // the guard ends here, and unlocks
}
// ANCHOR_END: mutex

// ANCHOR: rwlock
/// The same with a lock that many may hold for reading, and one for writing.
pub(crate) fn rwlock(counter: &RwLock<u64>, times: u64, section: Section) {
    for _ in 0..times {
        let mut count = counter.write().unwrap(); // waits for writers and readers
        section.work();
        *count += 1;
    }
}
// ANCHOR_END: rwlock

// ANCHOR: fetch-add
/// Adds one, `times` times, in one step.
pub(crate) fn fetch_add(counter: &AtomicU64, times: u64, section: Section) {
    for _ in 0..times {
        section.work();
        counter.fetch_add(1, Relaxed); // nobody comes between
    }
}
// ANCHOR_END: fetch-add

// ANCHOR: compare-exchange
/// Adds one, `times` times: looks, and stores only if nobody came between.
pub(crate) fn compare_exchange(counter: &AtomicU64, times: u64, section: Section) {
    for _ in 0..times {
        let mut seen = counter.load(Relaxed);
        section.work();
        while let Err(now) = counter.compare_exchange_weak(seen, seen + 1, Relaxed, Relaxed) {
            seen = now; // somebody did: again, from what is there now
        }
    }
}
// ANCHOR_END: compare-exchange

// ANCHOR: thread-local
/// Adds one, `times` times, to a number of its own, and merges it once.
pub(crate) fn thread_local(total: &AtomicU64, times: u64, section: Section) {
    let mut own = 0;
    for _ in 0..times {
        section.work();
        own += black_box(1); // a 1 that the compiler doesn't know; else it would make one addition of all
    }
    total.fetch_add(own, Relaxed);
}
// ANCHOR_END: thread-local

// ANCHOR: channel
/// Adds nothing itself: asks the owner to, `times` times.
pub(crate) fn send(owner: &Sender<u64>, times: u64, section: Section) {
    for _ in 0..times {
        section.work();
        owner.send(1).expect("the owner listens to the last message");
    }
}

/// The owner: nobody else has the counter.
pub(crate) fn own(messages: &Receiver<u64>, expected: u64) -> u64 {
    let mut counter = 0;
    for _ in 0..expected {
        counter += messages.recv().expect("the senders send as often as they said");
    }
    counter
}
// ANCHOR_END: channel
